/** The passphrase: its clear text is in no event, no answer and no output, and whoever knows it is known. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPassphrases } from "../../src/daemon/passphrase.ts";
import { systemIds } from "../../src/sys/ids.ts";
import { startCli } from "../commands/stand-in.ts";
import { type Bed, createBed } from "../campaign/world/bed.ts";
import { seededRandom } from "../simulation/random.ts";

let bed: Bed;
beforeAll(async () => {
  bed = await createBed({ random: seededRandom(5), waitMsMax: 0 });
  await bed.start();
}, 60_000);
afterAll(() => bed.close(), 60_000);

const run = (...argv: string[]) => startCli(argv, { ...bed.environment, STRATA_HOST: bed.socket }).result();
const check = async (passphrase: string) => {
  const body = JSON.stringify({ passphrase });
  return (await fetch("http://strata/v1/passphrase.check", { unix: bed.socket, method: "POST", body })).json();
};
const logOf = (directory: string) =>
  readdirSync(join(directory, "log"))
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => readFileSync(join(directory, "log", name), "utf8"))
    .join("");

test("set, asked for, and taken away again", async () => {
  expect((await run("get", "passphrase")).stdout).toBe("not set\n");
  expect(await check("")).toEqual({ isSet: false, isRight: false });
  const file = join(bed.directory, "passphrase");
  writeFileSync(file, "correct horse\nsecond line\n");
  const { stderr } = await run("set", `passphrase=${file}`);
  expect(stderr).toStartWith(`Set: passphrase=${file}   operation 1`);
  expect((await run("get", "passphrase")).stdout).toBe("set\n");
  expect(await check("correct horse")).toEqual({ isSet: true, isRight: true });
  expect(await check("correct horse ")).toEqual({ isSet: true, isRight: false });
  expect(await check("")).toEqual({ isSet: true, isRight: false });
  const log = logOf(bed.directory);
  expect(log).toMatch(/"value":"scrypt:[0-9a-f]{32}:[0-9a-f]{128}"/);
  expect(log).not.toContain("horse");
  for (const words of [["get"], ["history"], ["show", "1"], ["show", "1", "--json"]])
    expect((await run(...words)).stdout).not.toContain("scrypt");
  expect((await run("set", "passphrase=")).code).toBe(0);
  expect(await check("correct horse")).toEqual({ isSet: false, isRight: false });
}, 60_000);

test("text in the place of a file is not taken, and not kept", async () => {
  const { code, stderr } = await run("set", "passphrase=hunter2");
  expect([code, stderr]).toEqual([2, expect.stringContaining("[passphrase-unreadable]")]);
  expect(logOf(bed.directory)).not.toContain("hunter2");
});

test("one at a time is looked at, sixteen more may wait, and one that failed holds nobody up", async () => {
  let now = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  const { isRight } = createPassphrases(systemIds, async (text) => {
    most = Math.max(most, ++now);
    await gate.promise;
    now -= 1;
    if (text === "broken") throw new Error("no memory");
    return new Uint8Array(64);
  });
  const kept = `scrypt:00:${"00".repeat(64)}`;
  const asked = Array.from({ length: 16 }, (_, index) => isRight(index === 0 ? "broken" : "x", kept));
  await expect(isRight("x", kept)).rejects.toMatchObject({ code: "passphrase-busy" });
  gate.resolve();
  const ended = await Promise.allSettled(asked);
  expect(ended.map(({ status }) => status)).toEqual(["rejected", ...Array(15).fill("fulfilled")]);
  expect(most).toBe(1);
  expect(await isRight("x", kept)).toBe(true);
});

test("the same letters typed in another way are the same, and each hash has a salt of its own", async () => {
  const { hash, isRight } = createPassphrases(systemIds);
  const kept = await hash("caf\u00e9");
  expect(await isRight("cafe\u0301", kept)).toBe(true);
  expect(await hash("caf\u00e9")).not.toBe(kept);
});
