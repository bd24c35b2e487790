/** The part `mutations`. `STRATA_MUTATIONS=1000000` for more than the usual number; `bun …/mutations.ts SEED POINT` for one. */
import type { Failure, Findings, Order, Part } from "../part.ts";
import { judgePoints } from "./attack.ts";

const counts = { sample: 360, full: 10_000 };
/** Logs that are on the disk at once, and that one interpreter judges. */
const atOnce = 360;

export const mutations: Part = {
  name: "mutations",
  what:
    "Sealed logs damaged by bit, byte, line and segment, and forged without the key; strata's verifier and the one of the " +
    "bundle, written apart, must find the same, and nothing may be missed but bytes that are no part of the history.",
  async run({ size, seed, tell }: Order): Promise<Findings> {
    const count = Number(process.env["STRATA_MUTATIONS"] ?? counts[size]);
    const failures: Failure[] = [];
    const verdicts = new Map<string, number>();
    for (let first = 0; first < count; first += atOnce) {
      const points = Array.from({ length: Math.min(atOnce, count - first) }, (_, at) => first + at);
      for (const { point, kind, verdict, failure } of await judgePoints(seed, points)) {
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
        if (failure !== undefined)
          failures.push({
            what: `log ${point} (${kind}): ${failure}`,
            again: `bun test/campaign/mutations/mutations.ts ${seed} ${point}`,
          });
      }
      tell(`${first + points.length} of ${count} logs, ${failures.length} failures`);
    }
    const figures = Object.fromEntries([...verdicts].sort().map(([verdict, times]) => [`found ${verdict}`, times]));
    return { points: count, failures, figures };
  },
};

if (import.meta.main) {
  const [seed = Number.NaN, point = Number.NaN] = process.argv.slice(2).map(Number);
  const judged = await judgePoints(seed, [point]);
  console.log(JSON.stringify(judged));
  process.exit(judged.some(({ failure }) => failure !== undefined) ? 1 : 0);
}
