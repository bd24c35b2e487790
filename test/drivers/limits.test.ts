import { describe, expect, test } from "bun:test";
import { UserError } from "../../src/errors.ts";
import { createFakeDriver } from "../../src/drivers/fake.ts";
import { createFakeWorld } from "../../src/drivers/fake-world.ts";
import type { FakeFault } from "../../src/drivers/fake-world.ts";
import { withLimits } from "../../src/drivers/limits.ts";
import { createSimulatedClock } from "../simulation/clock.ts";

const never = new AbortController().signal;
const passing = new UserError("qmp-closed", "gone for a moment");

function bench(...faults: FakeFault[]) {
  const clock = createSimulatedClock();
  const world = createFakeWorld({ clock, faults, guest: { powerOffMs: Number.POSITIVE_INFINITY } });
  return { clock, world, driver: withLimits(createFakeDriver(world), clock) };
}

/** Runs virtual time until the promise has settled. */
async function drive<Value>(clock: ReturnType<typeof createSimulatedClock>, promise: Promise<Value>): Promise<Value> {
  let isSettled = false;
  promise.finally(() => (isSettled = true)).catch(() => {});
  while (!isSettled) {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    if (!isSettled && !clock.step()) throw new Error("nothing left to wait for");
  }
  return promise;
}

describe("no call outlasts its deadline", () => {
  test("a check that hangs is given up after 30 s, with an error that says who and how long", async () => {
    const { clock, driver } = bench({ call: "check", nth: 1, fault: "hang" });
    await expect(drive(clock, driver.check(never))).rejects.toMatchObject({
      code: "driver-timeout",
      message: "fake check took more than 30 s",
      exit: 5,
    });
    expect(clock.elapsedMs()).toBe(30_000);
  });

  test("an inspect that ignores every signal is given up too", async () => {
    const { clock, driver } = bench({ call: "inspect", nth: 1, fault: "hang" });
    await expect(drive(clock, driver.inspect("i"))).rejects.toMatchObject({ code: "driver-timeout" });
  });

  test("the caller's own signal comes first", async () => {
    const { driver } = bench({ call: "create", nth: 1, fault: "hang" });
    const controller = new AbortController();
    const base = { path: "/i", format: "raw", sha256: "" } as const;
    const creating = driver.create(
      "i",
      { layer: "l", base, specs: { cpus: 1, memory: 1, disk: 1 }, ordinal: 1 },
      controller.signal,
    );
    controller.abort(new Error("cancelled"));
    await expect(creating).rejects.toThrow("cancelled");
  });

  test("a call that ends in time leaves no timer behind", async () => {
    const { clock, driver } = bench();
    await driver.check(never);
    expect(clock.step()).toBe(false);
  });
});

describe("whoever gives up a freeze or a rewind hears what became of the disk, for a while", () => {
  const plan = { layer: "l-1", next: "l-2", from: "l-1", bytes: 1, ordinal: 1 };
  /** A driver that hears nothing and is done after `ms`. */
  function slow(ms: number) {
    const clock = createSimulatedClock();
    const done = { bytes: 7, consistency: "crash" } as const;
    const freeze = () => clock.sleep(ms).then(() => done);
    const rewind = () => clock.sleep(ms);
    const fake = createFakeDriver(createFakeWorld({ clock }));
    const driver = { ...fake, snapshots: { ...fake.snapshots, freeze, rewind } };
    return { clock, done, snapshots: withLimits(driver, clock).snapshots };
  }
  const given = new Error("not wanted any more");

  test("what is done within 30 s is done", async () => {
    const { clock, done, snapshots } = slow(29_000);
    expect(await drive(clock, snapshots.freeze("i", plan, AbortSignal.abort(given)))).toEqual(done);
    await drive(clock, snapshots.rewind("i", plan, AbortSignal.abort(given)));
    expect(clock.step()).toBe(false);
  });

  test("after that the reason for giving up is the answer", async () => {
    const { clock, snapshots } = slow(100_000);
    await expect(drive(clock, snapshots.freeze("i", plan, AbortSignal.abort(given)))).rejects.toBe(given);
    expect(clock.elapsedMs()).toBe(30_000);
  });

  test("a deadline that has passed is the same", async () => {
    const { clock, done, snapshots } = slow(265_000);
    expect(await drive(clock, snapshots.freeze("i", plan, never))).toEqual(done);
    const slower = slow(400_000);
    await expect(drive(slower.clock, slower.snapshots.freeze("i", plan, never))).rejects.toMatchObject({
      code: "driver-timeout",
      message: "fake freeze took more than 240 s",
    });
    expect(slower.clock.elapsedMs()).toBe(270_000);
  });

  test("a look at a point, and a discard, are given up at once", async () => {
    const { clock, driver } = bench(
      { call: "check-point", nth: 1, fault: "hang" },
      { call: "discard", nth: 1, fault: "hang" },
    );
    const { check, discard } = driver.snapshots;
    await expect(drive(clock, check({ layer: "l-1" }, never))).rejects.toMatchObject({ code: "driver-timeout" });
    const what = { layers: [], memories: [], quarantine: false };
    await expect(drive(clock, discard(what, never))).rejects.toMatchObject({ code: "driver-timeout" });
  });
});

describe("a passing failure is tried again, within a bound", () => {
  test("two of them are not seen by the caller", async () => {
    const { clock, world, driver } = bench(
      { call: "inspect", nth: 1, fault: "fail", error: passing },
      { call: "inspect", nth: 2, fault: "fail", error: passing },
    );
    expect(await drive(clock, driver.inspect("i"))).toEqual({ power: "missing" });
    expect(world.calls.get("inspect")).toBe(3);
  });

  test("the third is", async () => {
    const faults = [1, 2, 3, 4].map((nth): FakeFault => ({ call: "inspect", nth, fault: "fail", error: passing }));
    const { clock, driver } = bench(...faults);
    await expect(drive(clock, driver.inspect("i"))).rejects.toBe(passing);
  });

  test("any other failure is told at once", async () => {
    const { world, driver } = bench({ call: "inspect", nth: 1, fault: "fail" });
    await expect(driver.inspect("i")).rejects.toMatchObject({ code: "driver-failed" });
    expect(world.calls.get("inspect")).toBe(1);
  });
});
