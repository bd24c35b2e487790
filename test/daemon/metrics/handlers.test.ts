/** The calls about metrics over the fake driver: what is remembered, followed, and told to Prometheus. */
import { expect, test } from "bun:test";
import type { Daemon } from "../../../src/daemon/handlers/context.ts";
import { metricHandlers, metricStreams } from "../../../src/daemon/handlers/metrics.ts";
import { createOperationCounts } from "../../../src/daemon/metrics/operations.ts";
import { createSampler, watchedMs } from "../../../src/daemon/metrics/sampler.ts";
import { createFakeDriver } from "../../../src/drivers/fake.ts";
import { createFakeWorld } from "../../../src/drivers/fake-world.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";
import { running, specs, worldOf } from "../../spec.ts";

const caller = {} as never;

/** The instance `web`, whose machine runs in a fake world. */
async function bench() {
  const clock = createSimulatedClock();
  const machines = createFakeWorld({ clock });
  const driver = createFakeDriver(machines);
  const never = new AbortController().signal;
  const base = { path: "/image", format: "qcow2", sha256: "a".repeat(64) } as const;
  const { hardware } = await driver.create("i-1", { layer: "l-1", base, specs, ordinal: 1 }, never);
  const place = { layer: "l-1", specs, ordinal: 1, mac: "m", address: "a", seed: new Uint8Array() };
  await driver.start("i-1", { ...place, hardware }, never);
  const world = worldOf(running);
  const daemon = {
    clock,
    version: "1.2.3",
    config: { directory: "/data" },
    dispatcher: { world: () => world, read: async (compute: (from: typeof world) => unknown) => compute(world) },
    log: { position: () => 9, durable: () => 7, subscribe: () => () => {} },
    files: { list: async () => [], stat: async () => undefined, space: async () => ({ freeBytes: 5, totalBytes: 9 }) },
  } as unknown as Daemon;
  const openMeter = async () => ({ ask: async () => ({ memoryUsedBytes: 7, netInBytes: 1 }), close: () => {} });
  const sampler = createSampler({ ...daemon, driver, openMeter });
  const metering = { sampler, operations: createOperationCounts() };
  return {
    clock,
    machines,
    calls: metricHandlers(daemon, metering, { list: () => [] }),
    follow: metricStreams(daemon, metering)["metrics.follow"],
    step: async () => {
      clock.step();
      await Bun.sleep(0);
    },
  };
}

test("metrics.read answers with a fresh sample, and since a time with what came later", async () => {
  const { calls, step, machines } = await bench();
  const read = async (input = {}) => (await calls["metrics.read"](input, caller)).instances;
  expect(await read()).toEqual([
    {
      id: "i-1",
      name: "web",
      startedAt: expect.any(String),
      cpus: specs.cpus,
      memoryBytes: specs.memory,
      samples: [expect.objectContaining({ memoryUsedBytes: 7, residentBytes: 2 ** 20 })],
    },
  ]);
  Object.assign(machines.machines.get("i-1") ?? {}, { used: { cpuSeconds: 1, diskReadBytes: 4_000 } });
  await step();
  const [{ samples } = { samples: [] }] = await read({ instances: ["web"] });
  expect(samples).toHaveLength(2);
  expect(samples[1]).toMatchObject({ cpuPercent: 50, diskReadRate: 4_000 / (watchedMs / 1_000), netInRate: 0 });
  expect((await read({ since: samples[0]?.time }))[0]?.samples).toEqual(samples.slice(1));
  await expect(read({ instances: ["nobody"] })).rejects.toMatchObject({ code: "instance-not-found" });
});

test("metrics.follow answers at once and after each look, and stops looking with its reader", async () => {
  const { follow, step, clock } = await bench();
  const leave = new AbortController();
  const items = follow({}, caller, leave.signal)[Symbol.asyncIterator]();
  expect((await items.next()).value).toMatchObject({ instances: [{ name: "web", samples: [{ cpuSeconds: 0 }] }] });
  const next = items.next();
  await step();
  expect((await next).value?.instances[0]?.samples[0]).toMatchObject({ cpuPercent: 1 });
  expect(clock.elapsedMs()).toBe(watchedMs);
  leave.abort();
  expect((await items.next()).done).toBe(true);
});

test("metrics.text tells of instances, what they use, and the daemon", async () => {
  const { calls } = await bench();
  const { text } = await calls["metrics.text"]({}, caller);
  for (const line of [
    'strata_instances{power="running",health="ready"} 1',
    'strata_guest_memory_used_bytes{instance="web",id="i-1"} 7',
    'strata_build_info{version="1.2.3"} 1',
    "strata_log_durable_lag 2",
    "strata_disk_free_bytes 5",
  ])
    expect(text.split("\n")).toContain(line);
});
