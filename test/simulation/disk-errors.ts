/** The errors that a disk gives, and which calls each can come from. A failing write leaves half of its bytes. */
import type { DiskCall } from "./disk.ts";

const changing = ["write", "sync", "truncate", "rename", "remove", "changeMode", "makeDirectory", "syncDirectory"];
const taking = ["write", "sync", "rename", "makeDirectory"];
const opening = ["list", "read", "syncDirectory"];
const isCreating = ({ operation, how }: DiskCall) => operation === "open" && (how === "create" || how === "ensure");

export const diskErrors: Readonly<Record<string, (call: DiskCall) => boolean>> = {
  EIO: () => true,
  ENOSPC: (call) => taking.includes(call.operation) || isCreating(call),
  EDQUOT: (call) => taking.includes(call.operation) || isCreating(call),
  EROFS: (call) => changing.includes(call.operation) || (call.operation === "open" && call.how !== "read"),
  EMFILE: ({ operation, path }) => operation === "open" || (opening.includes(operation) && !path.endsWith(".jsonl")),
};
