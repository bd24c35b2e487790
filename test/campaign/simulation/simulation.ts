/** The part `simulation`: seeded lives of the daemon's core in virtual time. `STRATA_SEEDS=1000000` for more than the usual number. */
import { availableParallelism } from "node:os";
import type { Failure, Findings, Order, Part } from "../part.ts";
import { runSeeds } from "../../simulation/pool.ts";
import { againCommand, runSeed, type SeedLine } from "../../simulation/seeds.ts";

const counts = { sample: 1_000, full: 20_000 };
/** One seed of so many is run once more, to compare the bytes that it leaves. */
const againEvery = 20;
/** A campaign of another seed has other lives. */
const seedsApart = 10_000_000;
const hourMs = 3_600_000;

export const simulation: Part = {
  name: "simulation",
  what:
    "The daemon's core in virtual time among failing disks, drivers, guests, clients and clocks: at every step what was " +
    "acknowledged is on the medium, the fold is the log's, each operation is pending or ended once, and nothing has two " +
    "owners; then faults end, and it must settle. The same seed leaves the same bytes.",
  async run({ size, seed, tell }: Order): Promise<Findings> {
    const count = Number(process.env["STRATA_SEEDS"] ?? counts[size]);
    const first = 1 + (seed - 1) * seedsApart;
    const failures: Failure[] = [];
    const totals = createTotals();
    const fail = (of: number, what: string) => failures.push({ what, again: againCommand(of) });
    const started = performance.now();
    const digests = new Map<number, string>();
    await runSeeds({ first, count, processes: availableParallelism() }, (line) => {
      totals.add(line);
      if (line.failure !== undefined) fail(line.seed, line.failure.split("\n", 1)[0] ?? "");
      else if (line.seed % againEvery === 0 && line.digest) digests.set(line.seed, line.digest);
      tell(`${totals.done()} of ${count} seeds, ${failures.length} failures`);
    });
    const seconds = (performance.now() - started) / 1_000;
    for (const [of, digest] of digests) {
      tell(`the bytes of seed ${of} once more`);
      if ((await runSeed(of)).digest !== digest) fail(of, `seed ${of} leaves other bytes the second time`);
    }
    const figures = { ...totals.figures(seconds), "seeds that were run twice": digests.size };
    return { points: count, failures, figures };
  },
};

/** Sums of what the runs were like. */
function createTotals() {
  let done = 0;
  const sums: Record<string, number> = {};
  const sum = (name: string) => sums[name] ?? 0;
  return {
    done: () => done,
    add: ({ figures }: SeedLine) => {
      done++;
      for (const [name, value] of Object.entries(figures ?? {})) sums[name] = sum(name) + Number(value);
    },
    figures: (seconds: number) => ({
      "lives of a daemon": sum("lives"),
      "lives that ended read-only": sum("readOnlyLives"),
      "segments that failed": sum("failedSegments"),
      "acknowledged events": sum("events"),
      "looks at what must hold": sum("checks"),
      "virtual time": `${Math.round(sum("virtualMs") / hourMs)} h, ${Math.round(sum("virtualMs") / 1_000 / seconds)} times real time`,
    }),
  };
}
