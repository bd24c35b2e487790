/** How the executable's copy of QEMU is packed, unpacked and named. */
import { expect, test } from "bun:test";
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
