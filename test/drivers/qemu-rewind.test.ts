/** Disks of machines that do not run, and a daemon that is killed at any of its steps: the same call does the rest. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { createQemuDriver } from "../../src/drivers/qemu/index.ts";
import type { Driver, FreezePlan, Frozen, KeptMemory, RewindPlan } from "../../src/drivers/driver.ts";
import { systemProcesses } from "../../src/sys/process.ts";
import { guestMs } from "./contract.ts";
import { agentOf, createQemuBench } from "./qemu-bench.ts";
import type { QemuBench } from "./qemu-bench.ts";
import { inGuest } from "./qemu-guest.ts";
import { mortal } from "./qemu-mortal.ts";

let bench: QemuBench;
let driver: Driver;
let top: string;
let serial = 0;
let kept: KeptMemory;
const signal = () => AbortSignal.timeout(guestMs);
const data = (...path: string[]) => join(bench.options.dataDirectory, ...path);
const ours = (name: string) => data("instances", bench.id, name);
const layer = (name: string) => data("layers", `${name}.qcow2`);

const start = async (more: { resumes?: boolean } = {}) => {
  const { hardware } = await driver.create(bench.id, bench.create, signal());
  await driver.start(bench.id, { ...bench.start, layer: top, hardware, ...more }, signal());
};
const common = () => ({ next: `n-${++serial}`, bytes: bench.create.specs.disk, ordinal: 1 });

/** Kills a driver at the n-th time that it does something, then lets another do the same. */
async function twice<Value>(at: string, nth: number, call: (driver: Driver) => Promise<Value>): Promise<Value> {
  const { driver: first, died } = mortal(bench, at, nth);
  call(first).catch(() => undefined);
  await died;
  return call(driver);
}

beforeAll(async () => {
  bench = await createQemuBench();
  driver = bench.open();
  top = bench.create.layer;
  await start();
  await driver.suspend(bench.id, signal());
}, guestMs);
afterAll(async () => {
  await driver?.close();
  await bench?.close();
});

test(
  "a suspended machine is frozen once, with the memory that it had then",
  async () => {
    const steps = [
      [`rename ${data("memories", "m-1.img")}`, 1],
      [`write ${ours("disk.json")}`, 1],
      [`rename ${data("layers", "NEXT.qcow2")}`, 1],
    ] as const;
    for (const [at, nth] of steps) {
      const plan: FreezePlan = { layer: top, ...common(), memory: "m-1" };
      const freeze = (which: Driver): Promise<Frozen> => which.snapshots.freeze(bench.id, plan, signal());
      const frozen = await twice(at.replace("NEXT", plan.next), nth, freeze);
      expect([frozen.consistency, frozen.kept?.memoryBytes]).toEqual(["memory", statSync(ours("memory.img")).size]);
      expect(await freeze(driver)).toEqual(frozen);
      expect([statSync(layer(plan.layer)).mode & 0o777, statSync(layer(plan.next)).mode & 0o777]).toEqual([
        0o400, 0o600,
      ]);
      if (frozen.kept) kept = frozen.kept;
      top = plan.next;
    }
    expect(readdirSync(data("memories"))).toEqual(["m-1.img"]);
    await start({ resumes: true });
  },
  guestMs,
);

test(
  "memory is saved without what the guest never touched, and what QEMU saved alone, as earlier builds had it do, goes on too",
  async () => {
    const provided = () => {
      const { pid } = JSON.parse(readFileSync(ours("run.json"), "utf8")).process;
      const path = systemProcesses.sharedMemory({ pid, startTime: "" }, "memory-backend-memfd");
      return statSync(path ?? "").blocks * 512;
    };
    const before = provided();
    expect(before).toBeLessThan(bench.create.specs.memory * 0.75);
    const { memoryBytes } = await driver.suspend(bench.id, signal());
    expect(readFileSync(ours("memory.img")).subarray(0, 15).toString()).toBe("strata memory 1");
    expect(memoryBytes).toBeLessThan(bench.create.specs.memory * 0.75);
    await start({ resumes: true });
    expect(provided()).toBeLessThan(bench.create.specs.memory * 0.75);

    const processes = { ...systemProcesses, sharedMemory: () => undefined };
    const earlier = createQemuDriver({ ...bench.options, processes });
    await driver.close();
    await earlier.suspend(bench.id, signal());
    await earlier.close();
    expect(readFileSync(ours("memory.img")).subarray(0, 4).toString()).toBe("QEVM");
    driver = bench.open();
    await start({ resumes: true });
    await inGuest(agentOf(bench.options.runtimeDirectory, bench.id), "true");
  },
  2 * guestMs,
);

test(
  "a rewind that is cut off ends with the memory of its point, and never with another disk's",
  async () => {
    const steps = [
      [`rename ${data("layers", "NEXT.qcow2")}`, 1],
      [`write ${ours("disk.json")}`, 1],
      [`write ${ours("run.json")}`, 1],
      [`rename ${ours("memory.img")}`, 1],
      [`write ${ours("run.json")}`, 2],
      [`write ${ours("disk.json")}`, 2],
    ] as const;
    for (const [at, nth] of steps) {
      await driver.suspend(bench.id, signal());
      const plan: RewindPlan = { from: bench.create.layer, ...common(), kept };
      await twice(at.replace("NEXT", plan.next), nth, (which) => which.snapshots.rewind(bench.id, plan, signal()));
      const { memoryBytes, build } = kept;
      expect(await driver.inspect(bench.id)).toEqual({ power: "suspended", memoryBytes, build });
      expect(existsSync(`${ours("memory.img")}.new`)).toBe(false);
      top = plan.next;
      await start({ resumes: true });
      // What the points keep is theirs, whatever becomes of the machine.
      expect(readFileSync(data("memories", "m-1.img")).length).toBe(memoryBytes);
    }
  },
  guestMs,
);

test(
  "a rewind that is repeated when its machine has run since does not take the disk's memory for the new one's",
  async () => {
    const plan: RewindPlan = { from: bench.create.layer, ...common(), kept };
    await driver.stop(bench.id, "forced", signal());
    await driver.snapshots.rewind(bench.id, plan, signal());
    top = plan.next;
    await start({ resumes: true });
    await driver.snapshots.rewind(bench.id, plan, signal());
    await driver.stop(bench.id, "forced", signal());
    await driver.snapshots.rewind(bench.id, plan, signal());
    expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "user" });
  },
  guestMs,
);

test(
  "a suspend after a rewind that was cut off does not write into the memory of a point",
  async () => {
    const before = readFileSync(data("memories", "m-1.img"));
    const plan: RewindPlan = { from: bench.create.layer, ...common(), kept };
    const { driver: first, died } = mortal(bench, `rename ${ours("memory.img")}`);
    first.snapshots.rewind(bench.id, plan, signal()).catch(() => undefined);
    await died;
    expect(existsSync(`${ours("memory.img")}.new`)).toBe(true);
    await start();
    await driver.suspend(bench.id, signal());
    expect(readFileSync(data("memories", "m-1.img")).equals(before)).toBe(true);
  },
  guestMs,
);
