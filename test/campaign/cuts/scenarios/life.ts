/** One process of a scenario: `bun life.ts '{…}'`. It ends as a kill ends it, whatever it still has open. */
import { systemClock } from "../../../../src/sys/clock.ts";
import { fixedClock } from "../../../events/store/bed.ts";
import { seededRandom } from "../../../simulation/random.ts";
import { createJournal } from "../journal.ts";
import { dataOf, seededIds } from "./bed.ts";
import { scenarioOf } from "./scenarios.ts";

export interface LifeOrder {
  readonly scenario: string;
  readonly step: "prepare" | "run";
  readonly life: number;
  readonly seed: number;
  readonly disk: string;
  readonly journal: string;
  readonly writeLog?: string;
}

/** A log that never answers is a failure of its own. */
const limitMs = 60_000;

if (import.meta.main) {
  const order = JSON.parse(process.argv[2] ?? "") as LifeOrder;
  const { scenario, step, life, seed, disk } = order;
  const random = seededRandom(seed * 100 + life * 2 + (step === "run" ? 1 : 0));
  const bed = {
    name: scenario,
    disk,
    directory: dataOf(disk),
    journal: createJournal(order.journal, order.writeLog),
    random,
    clock: fixedClock(`2026-11-20T1${step === "run" ? 2 + life : 1}:00:00.000Z`),
    ids: seededIds(random),
    life,
  };
  systemClock.after(limitMs, () => process.exit(3));
  await scenarioOf(scenario)[step]?.(bed);
  process.exit(0);
}
