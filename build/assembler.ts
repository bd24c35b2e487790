/** Turns the few assembler sources of this project into bytes, with binutils unpacked beside the system, not installed. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { loaderIn } from "./libraries.ts";
import { unpackPackages, withLibraries } from "./packages.ts";
import { dist, once, run } from "./tools.ts";

const home = join(dist, ".cache", "binutils");

/** Package of the assembler and linker; it is named after the machine it makes code for. */
const packageName = "binutils-x86-64-linux-gnu";

/** Words that run a program of binutils (`as`, `ld`). */
export async function binutils(): Promise<(name: string) => string[]> {
  await unpackedBeside("binutils", packageName, home);
  return (name) => [...loaderIn(home).argv, join(home, "usr/bin", `x86_64-linux-gnu-${name}`)];
}

/** Unpacks a package and its libraries into `directory`, once. */
export async function unpackedBeside(name: string, packageNamed: string, directory: string): Promise<void> {
  await once({ name, inputs: packageNamed, outputs: [directory] }, async () => {
    mkdirSync(join(dist, ".cache"), { recursive: true });
    const fresh = mkdtempSync(join(dist, ".cache", `${name}-`));
    await unpackPackages(withLibraries([packageNamed]), fresh);
    rmSync(directory, { recursive: true, force: true });
    renameSync(fresh, directory);
  });
}

/** Assembles `source`, whose first instruction is `start`, for a place in memory; the answer holds no file headers. */
export async function assemble(source: string, bits: 32 | 64, address: number): Promise<Buffer> {
  const tool = await binutils();
  const work = mkdtempSync(join(dist, ".cache", "assemble-"));
  const [object, binary] = [join(work, "code.o"), join(work, "code.bin")];
  const emulation = bits === 32 ? "elf_i386" : "elf_x86_64";
  try {
    run([...tool("as"), `--${bits}`, "-o", object, source]);
    run([
      ...tool("ld"),
      "-m",
      emulation,
      `-Ttext=0x${address.toString(16)}`,
      "-e",
      "start",
      "--oformat=binary",
      "-o",
      binary,
      object,
    ]);
    return readFileSync(binary);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
