/** Requests on names: what is there, what is made, renamed and removed. */
import { allocate, errors } from "../sys/calls.ts";
import { readAttributes } from "./attributes.ts";
import { defaultModes, type Answer, type Means } from "./file-requests.ts";
import { plainPath } from "./path.ts";
import { packets } from "./protocol.ts";

/** PATH_MAX, with the zero at the end. */
const linkBytesMax = 4096;

export function nameAnswers({ tree, change, fields, answers, replies }: Means): ReadonlyMap<number, Answer> {
  const link = allocate(linkBytesMax);

  /** Both, since a link is answered as itself: who follows it is the guest. */
  const status = (id: number) => replies.attributes(id, tree.status(fields.string()), tree.found);

  const realPath = (id: number) => {
    const path = plainPath(fields.string());
    answers.begin(packets.name, id);
    answers.number(1);
    answers.string(path);
    answers.text("");
    answers.number(0);
    answers.finish();
  };

  return new Map<number, Answer>([
    [packets.lstat, status],
    [packets.stat, status],
    [packets.realpath, realPath],
    [
      packets.readlink,
      (id) => {
        const path = fields.string();
        replies.name(id, (address) => tree.readLink(path, address, linkBytesMax));
      },
    ],
    ...changes(),
  ]);

  function changes(): [number, Answer][] {
    return [
      [
        packets.setstat,
        (id) => {
          const path = fields.string();
          const wanted = readAttributes(fields);
          replies.result(
            id,
            tree.with(path, (descriptor) => change(descriptor, false, wanted)),
          );
        },
      ],
      [
        packets.mkdir,
        (id) => {
          const path = fields.string();
          const { mode = defaultModes.folder } = readAttributes(fields);
          replies.result(id, tree.makeFolder(path, mode));
        },
      ],
      [packets.remove, (id) => replies.result(id, tree.remove(fields.string()))],
      [packets.rmdir, (id) => replies.result(id, tree.removeFolder(fields.string()))],
      [packets.rename, (id) => replies.result(id, tree.rename(fields.string(), fields.string(), false))],
      [packets.symlink, (id) => replies.result(id, makeLink(fields.string(), fields.string()))],
    ];
  }

  /** In the order of OpenSSH's server, which is what clients send: the text comes first. */
  function makeLink(text: Uint8Array, path: Uint8Array): number {
    if (text.length >= linkBytesMax) return -errors.ENAMETOOLONG;
    if (text.includes(0)) return -errors.EINVAL;
    link.bytes.set(text);
    link.bytes[text.length] = 0;
    return tree.symlink(link.address, path);
  }
}
