/** How the executable's copy of QEMU is packed, unpacked and named. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { compileLibrary } from "../../build/c-compiler.ts";
import { licencesIn } from "../../build/copyright.ts";

test("licences come from the fields of a machine-readable copyright file", () => {
  expect(
    licencesIn("Files: *\nLicense: LGPL-2.1+\n text\nFiles: x\nLicense: BSD-2-clause\nLicense: LGPL-2.1+\n"),
  ).toEqual(["BSD-2-clause", "LGPL-2.1+"]);
});

test("in free text they are the common licences it points to", () => {
  expect(licencesIn("see /usr/share/common-licenses/GPL-2, and `/usr/share/common-licenses/LGPL-2.1'.")).toEqual([
    "GPL-2",
    "LGPL-2.1",
  ]);
});

test("what is loaded into the readers of disks has no executable stack, and offers the calls that it stands in for", async () => {
  const library = await compileLibrary(join(import.meta.dir, "../../build/past/nbd-disk.c"));
  const headers = Array.from({ length: library.readUInt16LE(56) }, (_, index) => library.subarray(64 + index * 56));
  const stack = headers.find((header) => header.readUInt32LE(0) === 0x6474e551);
  expect(stack?.readUInt32LE(4)).toBe(6);
  for (const name of ["pread64", "pwrite64", "read", "write", "fgets", "setbuf"])
    expect(library.includes(`${name}\0`)).toBe(true);
});
