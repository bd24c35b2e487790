/** A QEMU that moves memory at its own pace, or not at all. */
import { describe, expect, test } from "bun:test";
import { UserError } from "../../../src/errors.ts";
import { bringBack, finishSaving, untilMigration } from "../../../src/drivers/qemu/migration.ts";
import type { Qmp } from "../../../src/drivers/qemu/qmp.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";

const { signal } = new AbortController();
const once = async () => {};

/** Answers a command by its name: one answer after the other, the last one for ever. */
function createQmp(answers: Readonly<Record<string, readonly unknown[]>>) {
  const left = new Map(Object.entries(answers).map(([name, all]) => [name, [...all]]));
  const asked: [string, unknown?][] = [];
  const execute = async (command: string, args?: unknown) => {
    if (!command.startsWith("query-")) asked.push(args === undefined ? [command] : [command, args]);
    const all = left.get(command) ?? [{}];
    return all.length > 1 ? all.shift() : all[0];
  };
  return { qmp: { execute, pass: once, lend: async () => "", isSilent: () => false, close: () => {} } as Qmp, asked };
}
const at = (status: string, passes = 0) => ({ status, ram: { "dirty-sync-count": passes } });

test("a guest that changes its memory faster than it is written is stopped in the end, for a bounded time", async () => {
  const passes = [1, 2, 6, 7, 8].map((pass) => at("active", pass));
  const { qmp, asked } = createQmp({ "query-migrate": [{}, at("setup"), ...passes, at("pre-switchover")] });
  await untilMigration(qmp, "pre-switchover", once, signal);
  expect(asked).toEqual([["migrate-set-parameters", { "downtime-limit": 10_000 }]]);
});

test("what QEMU could not move is told with its own words", async () => {
  const { qmp } = createQmp({ "query-migrate": [at("active"), { status: "failed", "error-desc": "No space left" }] });
  await expect(untilMigration(qmp, "completed", once, signal)).rejects.toMatchObject({
    code: "memory-not-moved",
    message: expect.stringContaining("No space left"),
  });
});

describe("the last part", () => {
  test("is written when QEMU waits for it, and only then is it asked to", async () => {
    const waiting = createQmp({ "query-migrate": [at("pre-switchover"), at("device"), at("completed")] });
    expect(await finishSaving(waiting.qmp, createSimulatedClock(), once)).toBeUndefined();
    expect(waiting.asked).toEqual([["migrate-continue", { state: "pre-switchover" }]]);
    const done = createQmp({ "query-migrate": [at("completed")] });
    expect(await finishSaving(done.qmp, createSimulatedClock(), once)).toBeUndefined();
    expect(done.asked).toEqual([]);
  });

  test("that fails, or takes for ever, is said and not thrown", async () => {
    const clock = createSimulatedClock();
    const { qmp } = createQmp({ "query-migrate": [at("device"), at("failed")] });
    expect(await finishSaving(qmp, clock, once)).toBe("QEMU says: failed");
    const stuck = createQmp({ "query-migrate": [at("device")] });
    const waiting = finishSaving(stuck.qmp, clock, (ms) => clock.sleep(ms));
    while (clock.elapsedMs() <= 20_000) {
      clock.step();
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
    expect(await waiting).toMatch(/did not end a migration within 20 s/);
    const gone = { ...qmp, execute: async () => Promise.reject(new UserError("qmp-closed", "it is gone")) };
    expect(await finishSaving(gone, clock, once)).toBe("it is gone");
  });
});

test("a guest is told to go on when the last of a migration is over", async () => {
  const clock = { ...createSimulatedClock(), sleep: once };
  const states = ["finish-migrate", "finish-migrate", "postmigrate"].map((status) => ({ status }));
  const { qmp, asked } = createQmp({ "query-migrate": [at("completed")], "query-status": states });
  await bringBack(qmp, clock);
  expect(asked).toEqual([["cont"]]);
});

describe("a guest is brought back", () => {
  const cases: [string, unknown[], string, string[]][] = [
    ["that runs: nothing is done", [{}], "running", []],
    ["that stands still for nothing", [{}], "paused", ["cont"]],
    ["from memory that is written", [at("completed")], "postmigrate", ["cont"]],
    ["from the middle of that", [at("active"), at("cancelling"), at("cancelled")], "running", ["migrate_cancel"]],
    ["that waits for its disk: it goes on waiting", [at("completed")], "io-error", []],
    ["that has powered itself off: it stays so", [{}], "shutdown", []],
  ];
  for (const [name, migrations, status, done] of cases)
    test(name, async () => {
      const clock = { ...createSimulatedClock(), sleep: once };
      const { qmp, asked } = createQmp({ "query-migrate": migrations, "query-status": [{ status }] });
      await bringBack(qmp, clock);
      expect(asked.map(([command]) => command)).toEqual(done);
    });
});
