/** Scenarios about the log itself: starts, rolls, heads, seals, and everything that a start repairs. */
import type { Random } from "../../../simulation/random.ts";
import type { Fault } from "../faults.ts";
import * as harm from "../harm.ts";
import { launched, repeat, type Act, type Scenario, setKeep, together, all } from "./scenario.ts";

/** Some forty records: a handful of small segments. */
const segmentBytes = 4_000;
const sets =
  (least: number, more: number): Act =>
  async (life, random) =>
    repeat(least + random.below(more), (index) => setKeep(life, 1 + index));
const burst: Act = (life, random) => together(2 + random.below(20), (index) => setKeep(life, 1 + index));
const reasoned: Act = (life, random) =>
  life.call("settings.set", {
    key: "images.keep",
    value: "3d",
    reason: "because ".repeat(1 + random.below(60)),
  });
const seal: Act = async (life) => {
  await setKeep(life, 4);
  await life.call("audit.seal", {});
  await life.sealed();
};
/** The head is written while nothing else happens, then another. */
const heads: Act = (life, random) =>
  repeat(1 + random.below(3), async (index) => {
    await setKeep(life, 5 + index);
    await life.sealed();
  });
const filled = sets(24, 12);
const start = { isStartAttacked: true } as const;
const failed =
  (call: "write" | "sync", times: number) =>
  (random: Random): Fault => ({
    call,
    nth: 1 + random.below(3),
    times,
  });

export const logScenarios: readonly Scenario[] = [
  { name: "new-directory", ...start },
  { name: "start", before: launched("web"), ...start },
  { name: "set", before: sets(1, 3), act: sets(1, 4) },
  { name: "set-reason", before: sets(1, 3), act: reasoned },
  { name: "burst", before: sets(1, 3), act: burst },
  { name: "clients", before: launched("web"), act: clients },
  { name: "seal", before: sets(1, 3), act: seal },
  { name: "head", before: sets(1, 3), act: heads },
  { name: "roll", before: sets(6, 8), act: sets(6, 8), segmentBytes },
  { name: "roll-burst", before: sets(6, 8), act: all(burst, burst), segmentBytes },
  { name: "checkpoint", before: filled, act: sets(3, 9), ...start },
  { name: "index-lost", before: filled, harm: harm.removeIndexes, ...start, segmentBytes },
  { name: "checkpoint-lost", before: filled, harm: harm.removeCheckpoints, ...start },
  { name: "head-lost", before: filled, harm: harm.removeHead, ...start },
  { name: "torn-tail", before: filled, harm: harm.tearTail, ...start },
  { name: "torn-batch", before: all(filled, launched("web")), harm: harm.tearBatch, ...start },
  { name: "torn-zeros", before: filled, harm: harm.addZeros, ...start, segmentBytes },
  { name: "torn-seal", before: filled, harm: harm.tearSeals, ...start },
  { name: "seal-key-lost", before: filled, harm: harm.removeSealKey, ...start },
  { name: "failed-segment", before: filled, harm: harm.addFailedSegment, ...start, segmentBytes },
  { name: "failing-sync", before: sets(2, 6), act: sets(5, 4), fault: failed("sync", 1) },
  { name: "failing-write", before: sets(2, 6), act: all(burst, burst), fault: failed("write", 1) },
  { name: "failing-roll", before: sets(6, 8), act: sets(8, 6), fault: failed("sync", 1), segmentBytes },
  { name: "failing-disk", before: sets(2, 6), act: sets(5, 4), fault: failed("sync", 99) },
  { name: "repair-damaged", before: filled, harm: harm.damage, isRepair: true, segmentBytes },
  { name: "repair-missing", before: filled, harm: harm.removeSegment, isRepair: true, segmentBytes },
  { name: "repair-end", before: filled, harm: harm.cutEnd, isRepair: true },
];

/** Several at once: settings, a launch, changes of an instance that is there. */
async function clients(...[life, random]: Parameters<Act>): Promise<void> {
  const { call } = life;
  const acts: (() => Promise<unknown>)[] = [
    () => repeat(3, (index) => setKeep(life, 20 + index)),
    () => call("instance.launch", { name: "db", image: { name: "tiny" } }),
    () => call("instance.launch", { name: "db", image: { name: "mini" } }),
    () => call("instance.restart", { instance: "web", force: random.chance(0.5) }),
    () => call("instance.rename", { instance: "web", name: "site" }),
    () => call("settings.set", { key: "local.web.autostart", value: "no" }),
  ];
  await together(acts.length, (index) => acts[index]?.() ?? Promise.resolve());
  await life.idle();
}
