/** Requests on what is open: files by their handles. */
import { errors, openBits as bits, type Calls } from "../sys/calls.ts";
import { fileModeMask, readAttributes } from "./attributes.ts";
import type { Change } from "./change.ts";
import type { Handles } from "./handles.ts";
import { codeOf, codes, packets, pflags } from "./protocol.ts";
import type { Replies } from "./replies.ts";
import type { Tree } from "./tree.ts";
import { packetBytesMax, type Answers, type Fields } from "./wire.ts";

/** Reads the rest of its packet, and answers it. */
export type Answer = (id: number) => void;

/** What requests are answered with. */
export interface Means {
  readonly calls: Calls;
  readonly tree: Tree;
  readonly handles: Handles;
  readonly change: Change;
  readonly fields: Fields;
  readonly answers: Answers;
  readonly replies: Replies;
  readonly isReadOnly: boolean;
}

/** What an answer to a read has beside the bytes is less than this. */
const aroundBytes = 1 << 10;
const readBytesMax = packetBytesMax - aroundBytes;

/** Where the client asks for no mode. */
export const defaultModes = { file: 0o644, folder: 0o755 } as const;

/** SFTP's flags as those of open(2). */
export function openFlagsOf(flags: number): number {
  const both = pflags.read | pflags.write;
  const access = (flags & both) === both ? bits.O_RDWR : flags & pflags.write ? bits.O_WRONLY : bits.O_RDONLY;
  return (
    access |
    (flags & pflags.append ? bits.O_APPEND : 0) |
    (flags & pflags.create ? bits.O_CREAT : 0) |
    (flags & pflags.truncate ? bits.O_TRUNC : 0) |
    (flags & pflags.exclusive ? bits.O_EXCL : 0)
  );
}

const changing = pflags.write | pflags.append | pflags.create | pflags.truncate;

export function fileAnswers(means: Means): ReadonlyMap<number, Answer> {
  const { calls, tree, handles, change, fields, answers, replies, isReadOnly } = means;

  const open = (id: number) => {
    const path = fields.string();
    const flags = fields.number();
    const { mode = defaultModes.file } = readAttributes(fields);
    if (isReadOnly && flags & changing) return replies.code(id, codes.refused);
    replies.handle(
      id,
      handles.add("file", () => tree.openFile(path, openFlagsOf(flags), mode & fileModeMask)),
    );
  };

  const read = (id: number) => {
    const handle = handles.find(fields.string(), "file");
    const offset = fields.large();
    const length = Math.min(fields.number(), readBytesMax);
    if (handle === undefined) return replies.code(id, codes.failure);
    answers.begin(packets.data, id);
    const got = answers.filled((address) => calls.readAt(handle.descriptor, address, length, offset));
    if (got > 0) return answers.finish();
    answers.drop();
    replies.code(id, got === 0 ? codes.endOfFile : codeOf(got));
  };

  const writeAll = (descriptor: number, address: number, length: number, offset: number): number => {
    for (let at = 0; at < length;) {
      const wrote = calls.writeAt(descriptor, address + at, length - at, offset + at);
      if (wrote <= 0) return wrote || -errors.EIO;
      at += wrote;
    }
    return 0;
  };

  const write = (id: number) => {
    const handle = handles.find(fields.string(), "file");
    const offset = fields.large();
    const { address, length } = fields.data();
    if (handle === undefined) return replies.code(id, codes.failure);
    replies.result(id, writeAll(handle.descriptor, address, length, offset));
  };

  const status = (id: number) => {
    const handle = handles.find(fields.string());
    if (handle === undefined) return replies.code(id, codes.failure);
    replies.attributes(id, tree.statusOf(handle.descriptor), tree.found);
  };

  const setStatus = (id: number) => {
    const handle = handles.find(fields.string());
    const wanted = readAttributes(fields);
    if (handle === undefined) return replies.code(id, codes.failure);
    replies.result(id, isReadOnly ? -errors.EROFS : change(handle.descriptor, true, wanted));
  };

  return new Map<number, Answer>([
    [packets.open, open],
    [packets.read, read],
    [packets.write, write],
    [packets.fstat, status],
    [packets.fsetstat, setStatus],
    [packets.close, (id) => replies.result(id, handles.close(fields.string()) ?? -errors.EBADF)],
  ]);
}
