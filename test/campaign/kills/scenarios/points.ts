/** Scenarios of the time machine: points, going back, forks, undo. */
import { createMerger } from "../../../../src/daemon/merging.ts";
import { findMerges } from "../../../../src/events/merges.ts";
import { systemClock } from "../../../../src/sys/clock.ts";
import { systemIds } from "../../../../src/sys/ids.ts";
import { about, all, launched, type Act, type Scenario } from "./scenario.ts";

const snapshot = (name: string, withMemory = false): Act => about("point.snapshot", { name, withMemory });
const restore = (point: string, discard = false): Act => about("point.restore", { point, discard, diskOnly: false });
const off = about("instance.stop", { force: true });

/** Running, with a point of the disk and one with memory. */
const past = all(launched("web"), snapshot("cold"), snapshot("warm", true));

/** Running, with something on its disk. */
const written = all(launched("web"), async (life) =>
  life.happens((machines) => {
    for (const id of machines.machines.keys()) machines.write(id, "work");
  }),
);

const undo: Act = async (life) => {
  const wanted = { isRedo: false };
  const number = life.core.dispatcher.world().nextNumber - 1;
  await life.call("undo.run", { ...wanted, operation: number, planned: number });
  await life.idle();
};

const rollback: Act = async (life) => {
  await life.call("rollback.run", { at: { operation: 2 } });
  await life.idle();
};

/** Asked for, and then the daemon is gone. */
const asked =
  (call: string, input: Record<string, unknown>): Act =>
  async (life) =>
    life.call(call, { instance: "web", ...input });

/** Each guest that runs writes something. */
const write: Act = async (life, random) =>
  life.happens((machines) => {
    for (const [id, { power }] of machines.machines)
      if (power === "running") machines.write(id, `text ${random.below(99)}`);
  });

/** What the keeper does each minute, as long as there is something to merge. */
const merge: Act = async (life) => {
  const { dispatcher, driver } = life.core;
  const report = (line: string) => {
    throw new Error(line);
  };
  const next = createMerger({ dispatcher, driver, clock: systemClock, ids: systemIds, report });
  while (findMerges(dispatcher.world()).length > 0) await next(new AbortController().signal);
};
const remove = (point: string) => about("point.delete", { point });
const deep = all(past, write, snapshot("a"), write, snapshot("b"), write, snapshot("c"), write);

export const pointScenarios: readonly Scenario[] = [
  { name: "snapshot", before: launched("web"), act: snapshot("good") },
  { name: "snapshot-memory", before: launched("web"), act: snapshot("good", true) },
  { name: "snapshot-off", before: all(launched("web"), off), act: snapshot("good") },
  { name: "snapshot-suspended", before: all(launched("web"), about("instance.suspend")), act: snapshot("good", true) },
  { name: "restore", before: past, act: restore("cold") },
  { name: "restore-memory", before: past, act: restore("warm") },
  { name: "restore-discard", before: past, act: restore("cold", true) },
  { name: "restore-off", before: all(past, off), act: restore("cold") },
  { name: "delete-point", before: past, act: about("point.delete", { point: "cold" }) },
  { name: "merge", before: all(deep, remove("a")), act: merge },
  { name: "merge-more", before: all(deep, remove("a"), remove("b"), remove("cold")), act: merge },
  { name: "hold", before: past, act: about("point.hold", { point: "cold", held: true }) },
  { name: "fork", before: past, act: about("instance.fork", { point: "cold", starts: true }) },
  { name: "fork-memory", before: past, act: about("instance.fork", { point: "warm", starts: true }) },
  {
    name: "purge-points",
    before: all(past, about("instance.fork", { point: "warm", starts: false })),
    act: about("instance.delete", { purge: true }),
  },
  { name: "undo-restore", before: all(past, restore("warm")), act: undo },
  { name: "rollback", before: past, act: rollback },
  { name: "stop-point", before: written, act: about("instance.stop", { force: false }) },
  { name: "restart-point", before: written, act: about("instance.restart", { force: false }) },
  { name: "grow-point", before: written, act: about("settings.set", { key: "local.web.disk", value: "8G" }) },
  {
    name: "take-up-snapshot",
    before: all(launched("web"), asked("point.snapshot", { name: "good", withMemory: true })),
    isStartAttacked: true,
    act: (life) => life.idle(),
  },
  {
    name: "take-up-fork",
    before: all(past, asked("instance.fork", { point: "warm", starts: true })),
    isStartAttacked: true,
    act: (life) => life.idle(),
  },
  {
    name: "take-up-restore",
    before: all(past, asked("point.restore", { point: "warm", discard: false, diskOnly: false })),
    isStartAttacked: true,
    act: (life) => life.idle(),
  },
];
