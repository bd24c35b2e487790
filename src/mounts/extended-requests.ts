/** OpenSSH's extensions: rename over what is there, hard links, free space, and writing through to the disk. */
import { allocate, errors } from "../sys/calls.ts";
import type { Answer, Means } from "./file-requests.ts";
import { codeOf, codes, extensions, packets } from "./protocol.ts";

/** struct statvfs begins with the eleven numbers of the answer, in its order; the tenth are flags, of which 1 is read-only. */
const spaceBytes = 256;
const spaceNumbers = 11;
const flagsIndex = 9;
const readOnlyFlag = 1;

interface Extension {
  readonly answer: Answer;
  readonly isChange: boolean;
}

function extendedAnswers(means: Means): ReadonlyMap<string, Extension> {
  const { calls, tree, handles, fields, answers, replies, isReadOnly } = means;
  const space = allocate(spaceBytes);

  const rename = (id: number) => replies.result(id, tree.rename(fields.string(), fields.string(), true));
  const link = (id: number) => replies.result(id, tree.link(fields.string(), fields.string()));

  const sync = (id: number) => {
    const handle = handles.find(fields.string(), "file");
    replies.result(id, handle === undefined ? -errors.EBADF : calls.sync(handle.descriptor));
  };

  const freeSpace = (id: number) => {
    const result = tree.with(fields.string(), (descriptor) => calls.space(descriptor, space.address));
    if (result < 0) return replies.code(id, codeOf(result));
    answers.begin(packets.extendedReply, id);
    for (let index = 0; index < spaceNumbers; index++) {
      const low = space.bytes.readUInt32LE(index * 8);
      answers.number(space.bytes.readUInt32LE(index * 8 + 4));
      answers.number(index === flagsIndex && isReadOnly ? low | readOnlyFlag : low);
    }
    answers.finish();
  };

  return new Map<string, Extension>([
    [extensions.posixRename[0], { answer: rename, isChange: true }],
    [extensions.hardlink[0], { answer: link, isChange: true }],
    [extensions.statvfs[0], { answer: freeSpace, isChange: false }],
    [extensions.fsync[0], { answer: sync, isChange: false }],
  ]);
}

export function answerExtended(means: Means): Answer {
  const known = extendedAnswers(means);
  return (id) => {
    const extension = known.get(means.fields.text());
    if (extension === undefined) return means.replies.code(id, codes.unsupported);
    if (extension.isChange && means.isReadOnly) return means.replies.code(id, codes.refused);
    extension.answer(id);
  };
}
