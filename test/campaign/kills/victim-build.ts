/** The victim as one file, which starts faster than its modules; and where it works. */
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Memory where there is: a kill takes nothing that was written, so a disk would only cost time. */
export const scratchFolder = (): string => (existsSync("/dev/shm") ? "/dev/shm" : tmpdir());

/** Resolves with its path. */
export async function buildVictim(folder: string): Promise<string> {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "victim.ts")],
    outdir: join(folder, "victim"),
    target: "bun",
    format: "cjs",
    bytecode: true,
    minify: true,
    // Native helpers that ssh2 asks for and does without.
    external: ["cpu-features", "*.node"],
  });
  const script = built.outputs.find(({ kind }) => kind === "entry-point");
  if (script === undefined) throw new Error("the victim was not built");
  return script.path;
}
