/** Counts what instances were not let do, until it is reported. */
import type { Refusal } from "../network.ts";
import type { Refused } from "./judge.ts";

/** Different ones between two reports; a guest that scans the world counts as one more beyond. */
const countedMax = 256;

export interface Refusals {
  count(instance: string, refused: Refused): void;
  /** What was counted since it was last asked for. */
  take(): Refusal[];
}

export function createRefusals(): Refusals {
  const counted = new Map<string, { refusal: Omit<Refusal, "count">; count: number }>();
  return {
    count(instance, refused) {
      const exact = { instance, ...refused };
      const key = JSON.stringify(exact);
      const isFull = counted.size >= countedMax && !counted.has(key);
      const refusal = isFull ? { instance, destination: "others", protocol: "other" as const } : exact;
      const name = isFull ? JSON.stringify(refusal) : key;
      const entry = counted.get(name) ?? { refusal, count: 0 };
      entry.count += 1;
      counted.set(name, entry);
    },
    take() {
      const all = [...counted.values()].map(({ refusal, count }) => ({ ...refusal, count }));
      counted.clear();
      return all;
    },
  };
}
