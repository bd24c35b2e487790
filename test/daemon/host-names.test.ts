/** What systemd-resolved is told of bridges, when, and what doctor says of it. It is not run here. */
import { expect, test } from "bun:test";
import { keepHostNames } from "../../src/daemon/host-names/keeper.ts";
import { checkHostNames } from "../../src/daemon/host-names/resolved.ts";
import { evolveWorld } from "../../src/events/world.ts";
import type { RunResult } from "../../src/sys/process.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { type Fact, facts, recordOf, running, worldOf } from "../spec.ts";

const network = { name: "default", attachment: "bridge", subnet: "10.77.0.0/16" };
const bridged: readonly Fact[] = [
  { ...facts.launchRequested, data: { ...facts.launchRequested.data, network, address: "10.77.0.2" } },
  ...running.slice(1),
];

async function lifeOf(given: readonly Fact[], answer: Partial<RunResult> = { exitCode: 0 }) {
  const world = worldOf(given);
  const clock = createSimulatedClock();
  const ran: string[] = [];
  let heard = () => {};
  let result = answer;
  const keeper = keepHostNames({
    dispatcher: { world: () => world },
    log: {
      subscribe: (listener) => {
        heard = () => listener([]);
        return () => {};
      },
    },
    processes: {
      run: async (words) => {
        ran.push(words.join(" "));
        return { stopped: false, stdout: "", stderr: "", ...result };
      },
    },
    clock,
    searchPath: "/usr/bin",
    bridgeOf: (name) => `br-${name}`,
  });
  const settled = async () => {
    for (let turns = 0; turns < 20; turns++) await Promise.resolve();
  };
  return {
    ran,
    keeper,
    clock,
    settled,
    answers: (next: Partial<RunResult>) => (result = next),
    happens: async (type: string, data: Record<string, unknown>, stream = "instance/i-1") => {
      evolveWorld(world, recordOf({ type, version: 1, stream, data }, world.position + 1));
      heard();
      await settled();
    },
  };
}
const set = (value: string) =>
  ["settings.changed", { number: 9, key: "names.host", value, before: "off" }, "settings/daemon"] as const;
const told = [
  "resolvectl dns br-default 10.77.0.1",
  "resolvectl domain br-default ~strata",
  "resolvectl default-route br-default no",
];

test("nothing is told while it is off, and all is taken back when it is off again", async () => {
  const { ran, keeper, happens } = await lifeOf(bridged);
  expect([ran, keeper.view()]).toEqual([[], { isOn: false, links: 0 }]);
  await happens(...set("on"));
  expect([ran.splice(0), keeper.view()]).toEqual([told, { isOn: true, links: 1 }]);
  await happens("instance.reset", {});
  expect(ran).toEqual([]);
  await happens(...set("off"));
  expect([ran, keeper.view()]).toEqual([["resolvectl revert br-default"], { isOn: false, links: 0 }]);
});

test("instances of the user-mode network have no names here", async () => {
  const { ran, keeper, happens } = await lifeOf(running);
  await happens(...set("on"));
  expect([ran, keeper.view()]).toEqual([[], { isOn: true, links: 0 }]);
});

test("what could not be told is told again, and doctor says why", async () => {
  const { ran, keeper, happens, clock, settled, answers } = await lifeOf(bridged, {
    exitCode: 1,
    stderr: "no such link\n",
  });
  await happens(...set("on"));
  expect(keeper.view()).toEqual({ isOn: true, links: 0, problem: "no such link" });
  answers({ exitCode: 0 });
  ran.splice(0);
  clock.step();
  await settled();
  expect([ran, keeper.view(), clock.elapsedMs()]).toEqual([told, { isOn: true, links: 1 }, 10_000]);
});

test("doctor is silent where names are not wanted, and says what helps where there are none", () => {
  expect(checkHostNames({ isOn: false, links: 0 })).toEqual([]);
  expect(checkHostNames({ isOn: true, links: 2 })).toMatchObject([
    { verdict: "ok", found: "NAME.strata is asked for on 2 bridges" },
  ]);
  expect(checkHostNames({ isOn: true, links: 0 })).toMatchObject([
    { verdict: "warn", next: "strata ssh-config --write" },
  ]);
  expect(checkHostNames({ isOn: true, links: 0, problem: "resolvectl is missing" })).toMatchObject([
    { verdict: "fail", found: "NAME.strata is not found here: resolvectl is missing" },
  ]);
});
