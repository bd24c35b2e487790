/** The file systems that power is cut on, each as small as it can be made. */
import { closeSync, ftruncateSync, openSync } from "node:fs";
import { commandOf, type Program } from "./programs.ts";
import { run } from "../../../build/tools.ts";

export interface FileSystem {
  /** As `mount` takes it. */
  readonly name: string;
  readonly mebibytes: number;
  readonly make: { readonly program: Program; readonly options: readonly string[] };
}

/** Nothing is discarded or written later, so that the disk holds still before the scenario begins. */
export const fileSystems: readonly FileSystem[] = [
  {
    name: "ext4",
    mebibytes: 32,
    make: { program: "mkfs.ext4", options: ["-q", "-J", "size=4", "-E", "lazy_itable_init=0,nodiscard"] },
  },
  { name: "xfs", mebibytes: 300, make: { program: "mkfs.xfs", options: ["-q", "-K"] } },
  { name: "btrfs", mebibytes: 116, make: { program: "mkfs.btrfs", options: ["-q", "-K"] } },
];

export function fileSystemOf(name: string): FileSystem {
  const found = fileSystems.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no file system ${name}`);
  return found;
}

/** A file with a fresh file system in it. */
export function makeFileSystem({ mebibytes, make }: FileSystem, path: string): void {
  const file = openSync(path, "w");
  ftruncateSync(file, mebibytes << 20);
  closeSync(file);
  run([...commandOf(make.program), ...make.options, path]);
}
