/** When the sampler looks, whom it asks, and what it remembers, in virtual time. */
import { expect, test } from "bun:test";
import {
  samplesMax,
  type SamplerPorts,
  createSampler,
  unwatchedMs,
  watchedMs,
} from "../../../src/daemon/metrics/sampler.ts";
import { evolveWorld } from "../../../src/events/world.ts";
import { createSimulatedClock } from "../../simulation/clock.ts";
import { type Fact, facts, recordOf, running, stopped, worldOf } from "../../spec.ts";

type Read = (id: string) => Promise<{ cpuSeconds: number }>;

function bench(given: readonly Fact[] = running, read: Read = async () => ({ cpuSeconds: 1 })) {
  const world = worldOf(given);
  const clock = createSimulatedClock();
  const listeners = new Set<() => void>();
  const meters = { opened: 0, closed: 0 };
  let isMute = false;
  const ports = {
    clock,
    dispatcher: { world: () => world },
    driver: { metrics: { read } },
    log: { subscribe: (listener: () => void) => (listeners.add(listener), () => listeners.delete(listener)) },
    openMeter: async () => {
      meters.opened += 1;
      return {
        ask: async () => {
          if (isMute) throw new Error("mute");
          return { memoryUsedBytes: 5 };
        },
        close: () => void (meters.closed += 1),
      };
    },
  } as unknown as SamplerPorts;
  const sampler = createSampler(ports);
  /** To the next timer, and until what it set off is done. */
  const step = async () => {
    const moved = clock.step();
    await Bun.sleep(0);
    return moved;
  };
  return {
    clock,
    sampler,
    meters,
    step,
    mute: () => (isMute = true),
    happen: (fact: Fact) => {
      evolveWorld(
        world,
        recordOf({ type: fact.type, version: 1, stream: "instance/i-1", data: fact.data ?? {} }, world.position + 1),
      );
      for (const listener of listeners) listener();
    },
    times: () => sampler.of("i-1").map(({ time }) => Date.parse(time) - clock.now().getTime() + clock.elapsedMs()),
  };
}

test("looks every 15 s while nobody asks, and no guest is asked", async () => {
  const { step, times, meters, sampler } = bench();
  for (let count = 0; count < 3; count++) await step();
  expect(times()).toEqual([0, unwatchedMs, 2 * unwatchedMs]);
  expect(meters.opened).toBe(0);
  expect(sampler.of("i-1")[0]).toEqual({ time: expect.any(String), cpuSeconds: 1 });
});

test("looks every 2 s while somebody follows, with what guests say; slowly again, and with closed meters, when nobody does", async () => {
  const { step, times, meters, sampler } = bench();
  let told = 0;
  const stop = sampler.follow(() => void told++);
  for (let count = 0; count < 3; count++) await step();
  expect([times(), told]).toEqual([[0, watchedMs, 2 * watchedMs], 3]);
  expect(sampler.of("i-1").at(-1)).toMatchObject({ memoryUsedBytes: 5, cpuPercent: 0 });
  stop();
  await step();
  await step();
  expect([times().slice(-2), told]).toEqual([[3 * watchedMs, 3 * watchedMs + unwatchedMs], 3]);
  expect(meters).toEqual({ opened: 1, closed: 1 });
});

test("a question is answered by a look of now, and two at once by one", async () => {
  const { sampler, times } = bench();
  await Promise.all([sampler.look(), sampler.look()]);
  await sampler.look();
  expect(times()).toEqual([0]);
});

test("where no instance runs nothing waits; one that starts is looked at, and its follower hears when it is off", async () => {
  const { clock, sampler, happen, step } = bench(stopped);
  let told = 0;
  sampler.follow(() => void told++);
  expect(clock.step()).toBe(false);
  happen(facts.booted());
  await step();
  expect([sampler.of("i-1").length, told]).toEqual([1, 1]);
  happen(facts.stopped("guest"));
  await Bun.sleep(0);
  expect(told).toBe(2);
  expect(clock.step()).toBe(false);
});

test("a machine that does not answer holds nobody up, is not asked twice at once, and leaves a gap", async () => {
  let asked = 0;
  const silent = bench(running, () => {
    asked += 1;
    return new Promise(() => {});
  });
  const look = silent.sampler.look();
  await Bun.sleep(0);
  silent.clock.step();
  await look;
  expect([silent.clock.elapsedMs(), silent.sampler.of("i-1").length]).toEqual([1_500, 0]);
  for (let count = 0; count < 3; count++) await silent.step();
  expect(asked).toBe(1);
});

test("a guest that is mute costs nothing but what it would say, and is left alone for a while", async () => {
  const { sampler, step, meters, mute } = bench();
  mute();
  sampler.follow(() => {});
  for (let count = 0; count < 5; count++) await step();
  expect(sampler.of("i-1")).toHaveLength(5);
  expect(meters).toEqual({ opened: 1, closed: 1 });
});

test("remembers so much and no more, and nothing of an instance that is gone", async () => {
  const { sampler, step, happen } = bench();
  for (let count = 0; count < samplesMax + 5; count++) await step();
  expect(sampler.of("i-1")).toHaveLength(samplesMax);
  happen({ type: "instance.purged" });
  expect(sampler.of("i-1")).toHaveLength(0);
});

test("closed, it does nothing more", async () => {
  const { sampler, clock, step } = bench();
  await step();
  sampler.close();
  expect(clock.step()).toBe(false);
});
