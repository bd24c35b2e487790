/** Turns the few assembler sources of this project into bytes, with binutils unpacked beside the system, not installed. */
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { loaderIn } from "./libraries.ts";
import { unpackPackages, withLibraries } from "./packages.ts";
import { dist, once, run } from "./tools.ts";

const home = join(dist, ".cache", "binutils");

/** Package of the assembler and linker; it is named after the machine it makes code for. */
const packageName = "binutils-x86-64-linux-gnu";

async function ensureBinutils(): Promise<void> {
  await once({ name: "binutils", inputs: packageName, outputs: [home] }, async () => {
    mkdirSync(join(dist, ".cache"), { recursive: true });
    const fresh = mkdtempSync(join(dist, ".cache", "binutils-"));
    await unpackPackages(withLibraries([packageName]), fresh);
    rmSync(home, { recursive: true, force: true });
    renameSync(fresh, home);
  });
}

/** Assembles `source`, whose first instruction is `start`, for a place in memory; the answer holds no file headers. */
export async function assemble(source: string, bits: 32 | 64, address: number): Promise<Buffer> {
  await ensureBinutils();
  const work = mkdtempSync(join(dist, ".cache", "assemble-"));
  const tool = (name: string) => [...loaderIn(home).argv, join(home, "usr/bin", `x86_64-linux-gnu-${name}`)];
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
