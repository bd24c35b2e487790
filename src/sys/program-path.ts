/** Finds programs the way a shell does. */

/** Absolute path of a program in the folders of `searchPath` (PATH's form); undefined when none has it. */
export function findProgram(name: string, searchPath: string): string | undefined {
  return Bun.which(name, { PATH: searchPath }) ?? undefined;
}
