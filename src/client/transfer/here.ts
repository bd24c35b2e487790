/** Files of this machine as one side of a transfer. */
import { tree, type TreeStatus } from "../../sys/tree.ts";
import { rightsOf, secondsOf } from "./attributes.ts";
import type { Node, Side } from "./side.ts";

const nodeOf = ({ kind, bytes, mode, modifiedMs }: TreeStatus): Node => ({
  kind,
  bytes,
  mode: rightsOf(mode, kind),
  seconds: secondsOf(modifiedMs / 1000),
});

export const here: Side = {
  show: (path) => path,
  resolve: tree.resolve,
  async status(path, follow) {
    const status = await tree.status(path, follow);
    return status && nodeOf(status);
  },
  async *entries(path) {
    for await (const batch of tree.entries(path)) yield batch.map((each) => ({ name: each.name, ...nodeOf(each) }));
  },
  readLink: tree.readLink,
  open: tree.openToRead,
  async create(path) {
    const file = await tree.create(path);
    return {
      isOrdered: false,
      write: file.write,
      setAttributes: ({ mode, seconds }) => file.setAttributes(mode, seconds),
      close: file.close,
    };
  },
  makeFolder: tree.makeFolder,
  makeLink: tree.makeLink,
  setAttributes: (path, { mode, seconds }) => tree.setAttributes(path, mode, seconds),
  rename: tree.rename,
  remove: tree.remove,
};
