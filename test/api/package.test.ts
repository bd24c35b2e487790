/** The client as a package: an example, run from a folder of its own against the real daemon with fake machines. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ApiClient } from "strata/client";
import { contract } from "strata/contract";
import { type Bed, createBed } from "../campaign/world/bed.ts";
import { seededRandom } from "../simulation/random.ts";

const root = resolve(import.meta.dir, "../..");
let bed: Bed;
let folder: string;
beforeAll(async () => {
  bed = await createBed({ random: seededRandom(3), waitMsMax: 0 });
  await bed.start();
  folder = mkdtempSync(join(tmpdir(), "strata-package-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(root, join(folder, "node_modules/strata"));
  copyFileSync(join(import.meta.dir, "example.ts"), join(folder, "example.ts"));
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await bed.close();
}, 60_000);

test("a program elsewhere launches, follows, lists, deletes and reads the history with it", async () => {
  const child = Bun.spawn([process.execPath, "example.ts", bed.socket], {
    cwd: folder,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect([await child.exited, stderr]).toEqual([0, ""]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.filter((line) => !line.startsWith("  "))).toEqual([
    "launch: ok",
    'example: Running, {"made":"by-a-program"}',
    "purge: ok",
    "launch example (an example)",
    "purge example",
    "it is gone",
  ]);
  expect(lines).toContain("  boot");
}, 60_000);

test("what is no call of the contract does not compile", () => {
  const misuse = (strata: ApiClient) => [
    // @ts-expect-error There is no such call.
    strata.call("instance.lanch", {}),
    // @ts-expect-error Its input has no such field.
    strata.call("instance.info", { names: ["web"] }),
  ];
  expect(misuse).toBeFunction();
  expect(Object.keys(contract)).toContain("instance.launch");
});
