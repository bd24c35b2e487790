/** What is to be copied, looked at before anything is written. */
import { UserError, exitCodes } from "../../errors.ts";
import { flawOf } from "./names.ts";
import { nameOf, type Node, type Side } from "./side.ts";

export interface Found {
  /** Absolute, without links. */
  readonly path: string;
  /** What it is called in the target; empty: its content goes straight in there. */
  readonly name: string;
  readonly node: Node;
}

/** Words that name a folder without saying what it is called. */
const nameless = new Set(["", ".", "..", "~"]);

/** Throws `path-not-found`, `path-is-folder` (unless `recursive`), `path-not-file` and `guest-answer-odd`. */
export async function findSource(from: Side, path: string, recursive: boolean): Promise<Found> {
  const node = await from.status(path, true);
  const shown = from.show(path);
  if (!node) throw new UserError("path-not-found", `there is no ${shown}`);
  if (node.kind === "folder" && !recursive)
    throw new UserError("path-is-folder", `${shown} is a folder`, { exit: exitCodes.usage });
  if (node.kind !== "folder" && node.kind !== "file")
    throw new UserError("path-not-file", `${shown} is neither a file nor a folder`);
  const resolved = await from.resolve(path);
  const given = nameOf(path);
  const name = nameless.has(given) ? nameOf(resolved) : given;
  // What it is called may be the guest's own word.
  const flaw = name === "" ? undefined : flawOf(name);
  if (flaw !== undefined) throw new UserError("guest-answer-odd", `${shown} cannot be copied: ${flaw}`);
  return { path: resolved, name, node };
}
