/** Finds the shared libraries of a program, by asking the dynamic loader itself. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./tools.ts";

const loaderName = "ld-linux-x86-64.so.2";

export interface Loader {
  /** Absolute path of the loader program. */
  readonly path: string;
  /** Command line that runs a program under it, with its own libraries first. */
  readonly argv: readonly string[];
}

/** The loader of the running system. */
export const systemLoader: Loader = { path: join("/lib64", loaderName), argv: [join("/lib64", loaderName)] };

/** The loader in a tree of unpacked packages, told to look nowhere else first. */
export function loaderIn(tree: string): Loader {
  const path = [join("lib64", loaderName), join("usr/lib64", loaderName), join("lib/x86_64-linux-gnu", loaderName)]
    .map((name) => join(tree, name))
    .find((name) => existsSync(name));
  if (path === undefined) throw new Error(`no ${loaderName} in the unpacked packages`);
  const directories = ["lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu"].map((name) => join(tree, name)).join(":");
  return { path, argv: [path, "--library-path", directories] };
}

/** Parses `ld.so --list`: soname -> path. Lines without a path are the kernel's vdso or the loader. */
export function parseLibraries(listing: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of listing.split("\n")) {
    const missing = line.match(/^\s*(\S+) => not found/)?.[1];
    if (missing !== undefined) throw new Error(`library ${missing} is in none of the packages`);
    const [, name, path] = line.match(/^\s*(\S+) => (\/\S+) \(0x/) ?? [];
    if (name !== undefined && path !== undefined && !name.startsWith("/")) found.set(name, path);
  }
  return found;
}

/** All libraries that the programs (or loadable modules) need, soname -> path. A static program needs none. */
export function librariesOf(programs: readonly string[], loader: Loader): Map<string, string> {
  const found = new Map<string, string>();
  for (const program of programs) {
    for (const [name, path] of parseLibraries(run([...loader.argv, "--list", program]))) found.set(name, path);
  }
  return found;
}
