/** Scenarios of the time machine: points, going back, forks, undo. */
import { about, all, launched, type Act, type Scenario } from "./scenario.ts";

const snapshot = (name: string, withMemory = false): Act => about("point.snapshot", { name, withMemory });
const restore = (point: string, discard = false): Act => about("point.restore", { point, discard, diskOnly: false });
const off = about("instance.stop", { force: true });

/** Running, with a point of the disk and one with memory. */
const past = all(launched("web"), snapshot("cold"), snapshot("warm", true));

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
