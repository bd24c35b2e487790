/** The fake driver's machines, kept in a file beside the data directory: like real ones they outlive the daemon that is killed. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Driver } from "../../../src/drivers/driver.ts";
import { createFakeDriver } from "../../../src/drivers/fake.ts";
import { createFakeWorld, type FakeMachine, type FakeWorld } from "../../../src/drivers/fake-world.ts";
import type { Clock } from "../../../src/sys/clock.ts";

interface Kept {
  readonly machines: readonly [string, FakeMachine][];
  readonly layers: readonly string[];
  readonly nextPort: number;
}

/** The machines as the last life left them. */
export function openMachines(path: string, clock: Clock): FakeWorld {
  const world = createFakeWorld({ clock, guest: { powerOffMs: 100 } });
  if (!existsSync(path)) return world;
  const { machines, layers, nextPort } = JSON.parse(readFileSync(path, "utf8")) as Kept;
  for (const [id, machine] of machines) world.machines.set(id, machine);
  for (const layer of layers) world.layers.add(layer);
  world.nextPort = nextPort;
  return world;
}

/** By a rename: a kill leaves the old machines or the new ones. */
export function keepMachines(path: string, { machines, layers, nextPort }: FakeWorld): void {
  writeFileSync(`${path}.new`, JSON.stringify({ machines: [...machines], layers: [...layers], nextPort }));
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
  return {
    ...driver,
    create: (...all) => kept(driver.create(...all)),
    start: (...all) => kept(driver.start(...all)),
    stop: (...all) => kept(driver.stop(...all)),
    suspend: (...all) => kept(driver.suspend(...all)),
    resize: (...all) => kept(driver.resize(...all)),
    resume: (...all) => kept(driver.resume(...all)),
    destroy: (...all) => kept(driver.destroy(...all)),
  };
}
