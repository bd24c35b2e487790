/** The fake driver's machines, kept in a file beside the data directory: like real ones they outlive the daemon that is killed. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Driver } from "../../../src/drivers/driver.ts";
import { createFakeDriver } from "../../../src/drivers/fake.ts";
import { createFakeWorld, type FakeLayer, type FakeMachine, type FakeWorld } from "../../../src/drivers/fake-world.ts";
import type { Clock } from "../../../src/sys/clock.ts";

interface Kept {
  readonly machines: readonly [string, FakeMachine][];
  readonly layers: readonly [string, FakeLayer][];
  readonly memories: readonly [string, readonly string[]][];
  readonly quarantine: readonly string[];
  readonly nextPort: number;
}

/** The machines as the last life left them. */
export function openMachines(path: string, clock: Clock): FakeWorld {
  const world = createFakeWorld({ clock, guest: { powerOffMs: 100 } });
  if (!existsSync(path)) return world;
  const { machines, layers, memories, quarantine, nextPort } = JSON.parse(readFileSync(path, "utf8")) as Kept;
  for (const [id, machine] of machines) world.machines.set(id, machine);
  for (const [id, layer] of layers) world.layers.set(id, layer);
  for (const [id, memory] of memories) world.memories.set(id, memory);
  for (const id of quarantine) world.quarantine.add(id);
  world.nextPort = nextPort;
  return world;
}

/** By a rename: a kill leaves the old machines or the new ones. */
export function keepMachines(path: string, { machines, layers, memories, quarantine, nextPort }: FakeWorld): void {
  const kept: Kept = {
    machines: [...machines],
    layers: [...layers],
    memories: [...memories],
    quarantine: [...quarantine],
    nextPort,
  };
  writeFileSync(`${path}.new`, JSON.stringify(kept));
  renameSync(`${path}.new`, path);
}

/** What a call did to a machine is kept before the daemon hears of it. */
export function createKeptDriver(path: string, world: FakeWorld): Driver {
  const driver = createFakeDriver(world);
  const kept = async <Value>(work: Promise<Value>): Promise<Value> => {
    try {
      return await work;
    } finally {
      keepMachines(path, world);
    }
  };
  const { freeze, rewind, merge, discard, empty } = driver.snapshots;
  return {
    ...driver,
    snapshots: {
      ...driver.snapshots,
      freeze: (...all) => kept(freeze(...all)),
      rewind: (...all) => kept(rewind(...all)),
      merge: (...all) => kept(merge(...all)),
      discard: (...all) => kept(discard(...all)),
      empty: (...all) => kept(empty(...all)),
    },
    create: (...all) => kept(driver.create(...all)),
    start: (...all) => kept(driver.start(...all)),
    stop: (...all) => kept(driver.stop(...all)),
    suspend: (...all) => kept(driver.suspend(...all)),
    resize: (...all) => kept(driver.resize(...all)),
    resume: (...all) => kept(driver.resume(...all)),
    destroy: (...all) => kept(driver.destroy(...all)),
  };
}
