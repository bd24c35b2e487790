/** Where each source goes: what the target is now decides, as `cp` has it. */
import { UserError, type Hint } from "../../errors.ts";
import { folderOf, join, nameOf, type Node, type Side } from "./side.ts";

export interface TargetRequest {
  readonly path: string;
  /** Makes the folders that are missing. */
  readonly parents: boolean;
  /** More than one source. */
  readonly isMany: boolean;
}

/** Answers the path for a source of that name and kind. */
export type Targets = (name: string, node: Pick<Node, "kind">) => string;

const refuse = (code: string, message: string, hints: readonly Hint[] = []) => new UserError(code, message, { hints });

async function makeFolders(to: Side, path: string): Promise<void> {
  const found = await to.status(path, true);
  if (found?.kind === "folder") return;
  if (found) throw refuse("target-in-the-way", `${to.show(path)} is there, and is no folder`);
  const above = folderOf(path);
  if (above !== path) await makeFolders(to, above);
  await to.makeFolder(path, 0o777);
}

/** Throws `target-not-folder`, `folder-missing` and `target-in-the-way`. */
export async function findTargets(to: Side, { path, parents, isMany }: TargetRequest): Promise<Targets> {
  const isFolderMeant = isMany || path.endsWith("/");
  if (parents) await makeFolders(to, isFolderMeant ? path : folderOf(path));
  const found = await to.status(path, true);
  if (found?.kind === "folder") {
    const folder = await to.resolve(path);
    return (name) => join(folder, name);
  }
  if (isFolderMeant) throw notFolder(to, path, found !== undefined);
  const above = found ? undefined : await to.status(folderOf(path), true);
  if (!found && above?.kind !== "folder") {
    throw refuse("folder-missing", `there is no folder ${to.show(folderOf(path))}`, [
      ["next", "the same with --parents, which makes it"],
    ]);
  }
  // A link to a file stays a link: what it leads to is replaced.
  const whole = found ? await to.resolve(path) : join(await to.resolve(folderOf(path)), nameOf(path));
  return (_name, { kind }) => {
    if (found && kind === "folder") throw refuse("target-in-the-way", `${to.show(path)} is there, and is no folder`);
    return whole;
  };
}

function notFolder(to: Side, path: string, isThere: boolean): UserError {
  if (isThere) return refuse("target-not-folder", `${to.show(path)} is no folder`);
  return refuse("target-not-folder", `there is no folder ${to.show(path)}`, [
    ["next", "the same with --parents, which makes it"],
  ]);
}
