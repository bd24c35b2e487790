/** Lists folders: each answer is what one call of the kernel's tells, so that nothing of a folder is kept between two. */
import { allocate } from "../sys/calls.ts";
import { writeAttributes } from "./attributes.ts";
import type { Maps } from "./change.ts";
import type { Answer, Means } from "./file-requests.ts";
import type { Handle } from "./handles.ts";
import { codeOf, codes, packets } from "./protocol.ts";

/**
 * Bytes of struct linux_dirent64 at a time. An entry of theirs takes at least 24 bytes, and one of ours as much as 44 for it: the
 * answer stays within the 128 KiB that sshfs takes.
 */
const entriesBytes = 64 << 10;

/** Of an entry: its length, and its name, which ends with a zero. */
const lengthAt = 16;
const nameAt = 19;

const dot = 0x2e;

export function folderAnswers(means: Means, maps: Maps): ReadonlyMap<number, Answer> {
  const { calls, tree, handles, fields, answers, replies } = means;
  const entries = allocate(entriesBytes);

  /** The folder itself stands for what is above it, which is not to be looked at. */
  const statusOf = (folder: number, at: number, name: Uint8Array): number => {
    const isItself = name[0] === dot && (name.length === 1 || (name.length === 2 && name[1] === dot));
    return isItself ? tree.statusOf(folder) : tree.statusIn(folder, entries.address + at);
  };

  /** Writes the entries in the first `length` bytes, and answers how many; one that is gone meanwhile is left out. */
  const writeEntries = (folder: number, length: number): number => {
    let count = 0;
    for (let at = 0; at < length; at += entries.bytes.readUInt16LE(at + lengthAt)) {
      const from = at + nameAt;
      const name = entries.bytes.subarray(from, entries.bytes.indexOf(0, from));
      if (statusOf(folder, from, name) < 0) continue;
      answers.string(name);
      // The line that `ls -l` would print: only a person's client shows it.
      answers.text("");
      writeAttributes(answers, tree.found, maps);
      count++;
    }
    return count;
  };

  const list = (id: number, { descriptor }: Handle) => {
    for (;;) {
      const got = calls.list(descriptor, entries.address, entriesBytes);
      if (got <= 0) return replies.code(id, got === 0 ? codes.endOfFile : codeOf(got));
      answers.begin(packets.name, id);
      const countAt = answers.length();
      answers.number(0);
      const count = writeEntries(descriptor, got);
      if (count > 0) {
        answers.correct(countAt, count);
        return answers.finish();
      }
      answers.drop();
    }
  };

  return new Map<number, Answer>([
    [
      packets.opendir,
      (id) => {
        const path = fields.string();
        replies.handle(
          id,
          handles.add("folder", () => tree.openFolder(path)),
        );
      },
    ],
    [
      packets.readdir,
      (id) => {
        const handle = handles.find(fields.string(), "folder");
        if (handle === undefined) return replies.code(id, codes.failure);
        list(id, handle);
      },
    ],
  ]);
}
