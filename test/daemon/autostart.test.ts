/** What is started again after the host was: once per boot, as each instance's setting says. */
import { expect, test } from "bun:test";
import { autostart } from "../../src/daemon/autostart.ts";
import type { Dispatcher } from "../../src/daemon/dispatch.ts";
import type { Command } from "../../src/events/decide.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { type Fact, facts, running, second, stopped, worldOf } from "../spec.ts";

const earlier: Fact = { type: "daemon.autostarted", data: { boot: "first", count: 0 } };
const configured = (value: string): Fact => ({
  type: "instance.configured",
  operation: "op-7",
  data: { number: 7, deadline: "", key: "autostart", value, before: "last" },
});

/** The types of the commands that a daemon gives in the boot `boot`, after these facts. */
async function commandsIn(boot: string, given: readonly Fact[], knowsEarlier = true): Promise<string[]> {
  const world = worldOf(given);
  world.boot = knowsEarlier ? String(earlier.data?.["boot"]) : "";
  const told: Command[] = [];
  const dispatcher = {
    world: () => world,
    async dispatch(command: Command) {
      told.push(command);
      return [];
    },
  } as unknown as Dispatcher;
  const ids = { next: () => "id", bytes: () => new Uint8Array() };
  await autostart({ dispatcher, clock: createSimulatedClock(), ids, boot, report: () => {} });
  return told.map(({ type }) => type);
}

const wentDown = [...running, facts.stopped("host")];
const madeFor = (more: Record<string, unknown>): readonly Fact[] => [
  { ...facts.launchRequested, data: { ...facts.launchRequested.data, ...more } },
  ...wentDown.slice(1),
];

test.each([
  ["what ran when the host went down", wentDown, true],
  ["what was stopped before", stopped, false],
  ["what crashed", [...running, facts.stopped("crash")], false],
  ["what ran, and must not", [...wentDown, configured("no")], false],
  ["what was stopped, and always starts", [...stopped, configured("yes")], true],
  ["what goes when it stops", madeFor({ ephemeral: true }), false],
  ["what ran, and whose time is over", madeFor({ endsAt: second(0) }), false],
  ["what ran, and whose time is to come", madeFor({ endsAt: "2030-01-01T00:00:00.000Z" }), true],
  ["what is in the trash", [...wentDown, facts.deleteRequested, facts.deleted], false],
] as [string, readonly Fact[], boolean][])("%s", async (_what, given, isStarted) =>
  expect(await commandsIn("second", given)).toEqual(isStarted ? ["start", "note"] : ["note"]),
);

test("once per boot, and not in the first one that the log knows", async () => {
  expect(await commandsIn("first", wentDown)).toEqual([]);
  expect(await commandsIn("second", wentDown, false)).toEqual(["note"]);
});

test("the boot is remembered with the log", () => {
  const world = worldOf([earlier], "daemon/daemon");
  expect(world.boot).toBe("first");
});
