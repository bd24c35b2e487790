/** Users of a guest are told of a stop that is to come: at once, every five minutes, each of the last five, and when it is called off. */
import { expect, test } from "bun:test";
import { keepWarning, nextWarningMs } from "../../src/daemon/warnings.ts";
import type { Recorded } from "../../src/events/envelope.ts";
import { evolveWorld } from "../../src/events/world.ts";
import type { Announcement } from "../../src/guest/wall.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { keyring } from "../simulation/ports.ts";
import { type Fact, facts, recordOf, running, second, worldOf } from "../spec.ts";

const minuteMs = 60_000;
const atMinute = (minutes: number) => new Date(Date.parse(second(0)) + minutes * minuteMs).toISOString();
const scheduled = (minutes: number): Fact => ({
  type: "instance.stop-scheduled",
  operation: "op-5",
  data: { number: 5, deadline: "", at: atMinute(minutes), inMs: 1 },
});
const calledOff: Fact = {
  type: "instance.stop-unscheduled",
  operation: "op-6",
  data: { number: 6, deadline: "", at: "", why: "asked" },
};

/** A turn of the event loop: what is told goes through promises. */
const turn = () => Bun.sleep(0);

function warningOf(given: readonly Fact[], hears = async (): Promise<void> => {}) {
  const world = worldOf(given);
  const clock = createSimulatedClock();
  const told: (string | number)[] = [];
  const listeners = new Set<(records: readonly Recorded[]) => void>();
  const announce = (_id: string, _guest: unknown, { stopsAtMs }: Announcement) => {
    told.push(stopsAtMs === undefined ? "off" : (stopsAtMs - clock.now().getTime()) / minuteMs);
    return hears();
  };
  const stop = keepWarning({
    dispatcher: { world: () => world } as never,
    log: {
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    guest: { announce },
    keyring,
    clock,
  });
  return {
    clock,
    told,
    stop,
    async run() {
      await turn();
      while (clock.step()) await turn();
    },
    happens({ type, data = {}, operation }: Fact) {
      const event = { type, version: 1, stream: "instance/i-1", data };
      const record = recordOf(event, world.position + 1, operation === undefined ? {} : { operation });
      evolveWorld(world, record);
      for (const listener of listeners) listener([record]);
    },
  };
}

test.each([
  [12.5, [12.5, 10, 5, 4, 3, 2, 1]],
  [5, [5, 4, 3, 2, 1]],
  [0.5, [0.5]],
])("of a stop in %p minutes at %p minutes before it", async (minutes, expected) => {
  const { told, run } = warningOf([...running, scheduled(minutes)]);
  await run();
  expect(told).toEqual(expected);
});

test("the next time is before what is left, never now", () => {
  expect([20, 15.1, 15, 5.1, 5, 1.5, 1, 0.2].map((left) => nextWarningMs(left * minuteMs) / minuteMs)).toEqual([
    15, 15, 10, 5, 4, 1, 0, 0,
  ]);
});

test("one that is called off is told once, and another time anew", async () => {
  const { told, happens, run } = warningOf([...running, scheduled(3)]);
  happens(calledOff);
  await run();
  expect(told.splice(0)).toEqual([3, "off"]);
  happens(scheduled(2));
  happens(scheduled(1));
  await run();
  expect(told).toEqual([2, 1]);
});

test.each([
  ["that stops", [facts.stopRequested, facts.stopped("user", "op-2")]],
  ["that is busy", [facts.restartRequested]],
  ["that does not answer", [{ type: "instance.reset" }]],
] as const)("a guest %s is told nothing more", async (_what, then) => {
  const { told, happens, run } = warningOf([...running, scheduled(5)]);
  await turn();
  for (const fact of then) happens(fact);
  await run();
  expect(told).toEqual([5]);
});

test("a guest that cannot be told is none the worse", async () => {
  const { told, run } = warningOf([...running, scheduled(2)], () => Promise.reject(new Error("no way in")));
  await run();
  expect(told).toEqual([2, 1]);
});

test("a daemon that ends leaves no timer behind", async () => {
  const { clock, stop } = warningOf([...running, scheduled(60)]);
  await turn();
  stop();
  expect(clock.step()).toBe(false);
});
