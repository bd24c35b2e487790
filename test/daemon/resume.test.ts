/** A guest that the host's full disk paused: told once, shown with its cause, and let go on when there is space. */
import { describe, expect, test } from "bun:test";
import type { Dispatcher } from "../../src/daemon/dispatch.ts";
import { checkPauses } from "../../src/daemon/doctor/doctor.ts";
import type { GuestPort } from "../../src/daemon/effects.ts";
import type { Keyring } from "../../src/daemon/keyring.ts";
import { createReconciler } from "../../src/daemon/reconcile.ts";
import { pausedForSpace } from "../../src/drivers/driver.ts";
import { createFakeDriver } from "../../src/drivers/fake.ts";
import { createFakeWorld } from "../../src/drivers/fake-world.ts";
import { decide } from "../../src/events/decide.ts";
import { explainInstance } from "../../src/events/projections/explain.ts";
import { viewInstance } from "../../src/events/projections/instances.ts";
import { evolveWorld } from "../../src/events/world.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { given, recordOf, running, worldOf } from "../spec.ts";

const mebibyte = 2 ** 20;
const settle = async () => {
  for (let turn = 0; turn < 50; turn++) await undefined;
};

/** One running instance, its fake machine, and the reconciler between them. */
async function bed(free = 0) {
  const clock = createSimulatedClock();
  const machines = createFakeWorld({ clock });
  const world = worldOf(running);
  const types: string[] = [];
  let position = world.position;
  const space = { freeBytes: free };
  const dispatcher = {
    world: () => world,
    async dispatch(command: Parameters<typeof decide>[0]) {
      for (const event of decide(command, world)) {
        types.push(event.type);
        evolveWorld(world, recordOf(event, ++position));
      }
      return [];
    },
  } as unknown as Dispatcher;
  const made = { top: "l-1", programs: [], starts: 1, console: "" };
  machines.machines.set("i-1", { power: "running", cause: "user", ...made });
  const reports: string[] = [];
  const reconciler = createReconciler({
    dispatcher,
    driver: createFakeDriver(machines),
    guest: { reach: async () => ({}), drop: () => {} } as unknown as GuestPort,
    keyring: {} as Keyring,
    clock,
    ids: { next: () => "c", bytes: (length) => new Uint8Array(length) },
    isWritable: () => true,
    react: () => {},
    directory: "/data",
    files: { space: async () => ({ ...space, totalBytes: 2 ** 30 }) },
    report: (line) => reports.push(line),
  });
  reconciler.start();
  const state = () => world.instances.get("i-1") ?? expect.unreachable();
  /** One look, and whatever follows from it. */
  const look = async () => {
    await reconciler.reconcile();
    await settle();
  };
  return { clock, machines, reconciler, space, types, state, look, world, reports };
}

describe("a paused guest", () => {
  test("is told once, however often its disk fails, and goes on when there is space, with an event for each", async () => {
    const { machines, types, state, look, space } = await bed();
    machines.pause("i-1", pausedForSpace);
    machines.pause("i-1", pausedForSpace);
    await settle();
    await look();
    expect(types).toEqual(["instance.paused"]);
    expect(state()).toMatchObject({ power: "running", reachable: false, paused: { reason: pausedForSpace } });
    space.freeBytes = 63 * mebibyte;
    await look();
    expect(machines.calls.get("resume")).toBeUndefined();
    space.freeBytes = 64 * mebibyte;
    await look();
    expect(types).toEqual(["instance.paused", "instance.resumed"]);
    expect(state().paused).toBeUndefined();
  });

  test("that pauses again each time is tried ever more seldom, and at once again when it has run meanwhile", async () => {
    const { machines, look, clock } = await bed(2 ** 30);
    const hours = 3;
    let isFull = true;
    machines.listeners.add((id, { kind }) => {
      if (kind === "resumed" && isFull) machines.pause(id, pausedForSpace);
    });
    machines.pause("i-1", pausedForSpace);
    while (clock.elapsedMs() < hours * 3_600_000 && clock.step()) await settle();
    const tries = machines.calls.get("resume") ?? 0;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(12);
    isFull = false;
    while (machines.machines.get("i-1")?.paused !== undefined && clock.step()) await settle();
    await look();
    machines.pause("i-1", pausedForSpace);
    await look();
    expect(machines.calls.get("resume")).toBe(tries + 2);
  });

  test("for another reason than space waits for a start", async () => {
    const { machines, look, state } = await bed(2 ** 30);
    machines.pause("i-1", "its disk cannot be written");
    await settle();
    await look();
    expect(machines.calls.get("resume")).toBeUndefined();
    expect(explainInstance(state(), 0).next).toBe("strata start web");
    given(...running, { type: "instance.paused", data: { reason: "its disk cannot be written" } })
      .when({ type: "start", id: "i-1", operation: "op-9", deadline: "2026-11-20T12:00:00.000Z" })
      .thenTypes("instance.start-requested");
  });

  test("that paused, or went on, while no daemon was there is found so", async () => {
    const { machines, look, types, space } = await bed();
    const machine = machines.machines.get("i-1") ?? expect.unreachable();
    machine.paused = pausedForSpace;
    await look();
    expect(types).toEqual(["instance.paused"]);
    delete machine.paused;
    space.freeBytes = 0;
    await look();
    expect(types).toEqual(["instance.paused", "instance.resumed"]);
  });

  test("that does not go on is reported, and tried again later", async () => {
    const { machines, look, reports } = await bed(2 ** 30);
    machines.faults.push({ call: "resume", nth: 1, fault: "fail" });
    machines.pause("i-1", pausedForSpace);
    await settle();
    await look();
    expect(reports.at(-1)).toContain("resuming web: the script fails resume");
  });

  test("is shown with cause and next command in list, info, explain and doctor", () => {
    const world = worldOf([...running, { type: "instance.paused", data: { reason: pausedForSpace } }]);
    const state = world.instances.get("i-1") ?? expect.unreachable();
    expect(viewInstance(state)).toMatchObject({
      state: "Running",
      health: "paused",
      paused: { reason: pausedForSpace },
    });
    const { summary, next } = explainInstance(state, 0);
    expect(summary).toContain(pausedForSpace);
    expect(next).toBe("strata df");
    expect(checkPauses(world)).toMatchObject([{ verdict: "fail", next: "strata df" }]);
    expect(checkPauses(worldOf(running))).toEqual([]);
  });

  test("is no longer paused once it is off", () => {
    const world = worldOf([
      ...running,
      { type: "instance.paused", data: { reason: pausedForSpace } },
      { type: "instance.stopped", data: { cause: "user" } },
    ]);
    expect(world.instances.get("i-1")?.paused).toBeUndefined();
  });
});
