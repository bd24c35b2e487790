/** The verifier that goes with every proof, by itself. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proveRecord } from "../../../src/events/store/seals/prove.ts";
import { verifier } from "../../campaign/mutations/verdicts.ts";
import { createDisk } from "../../simulation/disk.ts";
import { appendAll, directory, open } from "./bed.ts";

const place = mkdtempSync(join(tmpdir(), "strata-verifier-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

test("a proof checks with the verifier of the bundle, and a changed one does not", async () => {
  const files = createDisk().boot();
  const { log } = await open(files, { isSealed: true });
  await appendAll(log, ["a", "b", "c", "d"]);
  await log.close();
  const proof = await proveRecord({ directory, files }, 4);
  const check = (value: unknown) => {
    writeFileSync(join(place, "proof.json"), JSON.stringify(value));
    return Bun.spawnSync(["python3", "-B", verifier, "--proof", join(place, "proof.json")]).exitCode;
  };
  expect(check(proof)).toBe(0);
  expect(check({ ...proof, line: proof.line.replace("x", "y") })).toBe(1);
  expect(check({ ...proof, path: proof.path.toReversed() })).toBe(1);
  expect(check({ ...proof, seal: proof.seal.replace("\n6\n", "\n5\n") })).toBe(1);
  expect(check({ ...proof, position: 5 })).toBe(1);
}, 60_000);

test("the verifier of the bundle is short enough to be read", () => {
  expect(readFileSync(verifier, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(200);
});
