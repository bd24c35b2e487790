/** Turns one C source of this project, which includes no headers, into a shared library, with a compiler unpacked beside the system. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { binutils, unpackedBeside } from "./assembler.ts";
import { loaderIn } from "./libraries.ts";
import { dist, run } from "./tools.ts";

const home = join(dist, ".cache", "tcc");

/** The library needs nothing but what its program has loaded anyway. Its stack is not executable: what it is loaded into reads what strangers wrote. */
export async function compileLibrary(source: string): Promise<Buffer> {
  const tool = await binutils();
  await unpackedBeside("tcc", "tcc", home);
  const compiler = [...loaderIn(home).argv, join(home, "usr/bin/tcc"), "-Wall", "-Werror"];
  const work = mkdtempSync(join(dist, ".cache", "library-"));
  const [object, library] = [join(work, "code.o"), join(work, "code.so")];
  try {
    run([...compiler, "-c", "-o", object, source]);
    run([
      ...tool("ld"),
      "-shared",
      "-s",
      ...["noexecstack", "relro", "now"].flatMap((flag) => ["-z", flag]),
      "-o",
      library,
      object,
    ]);
    return readFileSync(library);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
