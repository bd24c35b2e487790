/** Which points are attacked: for a sample some of each scenario, in full every call of all of them, over several seeds. */
import { scenarios } from "./scenarios/index.ts";

/** One scenario with one seed, swept by one worker. */
export interface Job {
  readonly scenario: string;
  readonly seed: number;
  /** First kills, spread evenly over all there are. */
  readonly pointsMax: number;
  /** First kills whose recovery is killed too, and at how many of its calls each. */
  readonly recoveries: number;
  readonly recoveryPointsMax: number;
}

/** Of each scenario in full, and of those that differ by seed. */
const seedsFull = 1;
const seedsMixed = 8;

/** In a sample the recovery of each third scenario is attacked: to know its calls takes a run of its own. */
const recoveryEvery = 3;

export function jobsFor(size: "sample" | "full", seed: number): Job[] {
  const everything = Number.MAX_SAFE_INTEGER;
  return scenarios.flatMap(({ name }, index) => {
    const recoveries = size === "full" || index % recoveryEvery === seed % recoveryEvery ? 1 : 0;
    const some = { pointsMax: 2, recoveries, recoveryPointsMax: 1 };
    const all = { pointsMax: everything, recoveries, recoveryPointsMax: everything };
    const seeds = size === "sample" ? 1 : name.startsWith("mixed") ? seedsMixed : seedsFull;
    return Array.from({ length: seeds }, (_, nth) => ({
      scenario: name,
      seed: seed * 1_000 + nth,
      ...(size === "full" ? all : some),
    }));
  });
}

/** `count` of them, evenly spread, the offset by seed. */
export function spread<Item>(items: readonly Item[], count: number, seed: number): Item[] {
  if (items.length <= count) return [...items];
  const step = items.length / count;
  const offset = (seed * 0.618) % 1;
  return Array.from({ length: count }, (_, index) => items[Math.floor((index + offset) * step)] as Item);
}
