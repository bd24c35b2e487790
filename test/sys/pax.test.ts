/** Archives of whatever a file system holds, as tar reads them. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { paxHeaders, type PaxEntry } from "../../src/sys/pax.ts";
import { tarEnd, tarPadding } from "../../src/sys/tar.ts";

const directory = mkdtempSync(join(tmpdir(), "strata-pax-"));
afterAll(() => rmSync(directory, { recursive: true }));

const plain = { mode: 0o644, uid: 1, gid: 2, bytes: 0, modifiedMs: Date.parse("2020-02-03T04:05:06Z") };

/** What `tar -tv` says of entries without content. */
function listed(...entries: readonly PaxEntry[]): string[] {
  const path = join(directory, "a.tar");
  writeFileSync(path, Buffer.concat([...entries.map(paxHeaders), tarEnd]));
  const env = { ...process.env, TZ: "UTC", LC_ALL: "C" };
  const listing = Bun.spawnSync(["tar", "-tvf", path, "--numeric-owner", "--full-time"], { env });
  expect(listing.stderr.toString()).toBe("");
  return listing.stdout.toString().trim().split("\n");
}

test("every kind of file is told as what it is", () => {
  expect(
    listed(
      { ...plain, path: "d/", type: "directory", mode: 0o1755 },
      { ...plain, path: "s", type: "symlink", target: "d/x", mode: 0o777 },
      { ...plain, path: "l", type: "link", target: "d/x" },
      { ...plain, path: "c", type: "character", device: [1, 3] },
      { ...plain, path: "b", type: "block", device: [259, 70000] },
      { ...plain, path: "p", type: "fifo" },
    ),
  ).toEqual([
    "drwxr-xr-t 1/2               0 2020-02-03 04:05:06 d/",
    "lrwxrwxrwx 1/2               0 2020-02-03 04:05:06 s -> d/x",
    "hrw-r--r-- 1/2               0 2020-02-03 04:05:06 l link to d/x",
    "crw-r--r-- 1/2             1,3 2020-02-03 04:05:06 c",
    "brw-r--r-- 1/2       259,70000 2020-02-03 04:05:06 b",
    "prw-r--r-- 1/2               0 2020-02-03 04:05:06 p",
  ]);
});

test("names, owners and times that the old header cannot hold stand in records of their own", () => {
  const [long, target] = ["a/".repeat(200), "b".repeat(150)];
  const entry = { ...plain, uid: 4_000_000_000, modifiedMs: -1000 };
  expect(listed({ ...entry, path: `${long}x`, type: "symlink", target })).toEqual([
    `lrw-r--r-- 4000000000/2      0 1969-12-31 23:59:59 ${long}x -> ${target}`,
  ]);
});

test("a size of more than 8 GiB is told", () => {
  const bytes = 2 ** 40;
  const path = join(directory, "big.tar");
  writeFileSync(path, paxHeaders({ ...plain, path: "big", type: "file", bytes }));
  // The content is not there: the listing ends with an error, after the line.
  expect(Bun.spawnSync(["tar", "-tvf", path]).stdout.toString()).toContain(` ${bytes} `);
  expect(tarPadding(bytes)).toHaveLength(0);
});
