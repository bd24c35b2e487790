/**
 * Seeds, one after the other: `bun test/simulation/seeds.ts FIRST [COUNT [STEP]]`. One line of JSON for each, and exit code 1
 * when one failed; a single seed that fails tells what happened in it.
 */
import { sha256Hex } from "../../src/sys/hash.ts";
import { type Ran, simulate } from "./simulation.ts";

/** What is told of a seed. */
export interface SeedLine {
  readonly seed: number;
  /** What must not have been, with what happened before. */
  readonly failure?: string;
  /** Names and bytes of all files that the run left. */
  readonly digest?: string;
  readonly figures?: Omit<Ran, "content">;
}

/** The one command that runs this seed again. */
export const againCommand = (seed: number): string => `bun test/simulation/seeds.ts ${seed}`;

export async function runSeed(seed: number): Promise<SeedLine> {
  try {
    const { content, ...figures } = await simulate(seed);
    return { seed, figures, digest: digestOf(content) };
  } catch (error) {
    return { seed, failure: error instanceof Error ? error.message : String(error) };
  }
}

function digestOf(content: Ran["content"]): string {
  const parts = [...content].map(([path, bytes]) => `${path} ${sha256Hex(bytes)}\n`);
  return sha256Hex(Buffer.from(parts.join("")));
}

if (import.meta.main) {
  const [first = Number.NaN, count = 1, step = 1] = process.argv.slice(2).map(Number);
  if (![first, count, step].every(Number.isSafeInteger)) {
    console.error("usage: seeds.ts FIRST [COUNT [STEP]]");
    process.exit(2);
  }
  for (let seed = first; seed < first + count; seed += step) {
    const line = await runSeed(seed);
    if (line.failure !== undefined) process.exitCode = 1;
    console.log(count === 1 && line.failure !== undefined ? line.failure : JSON.stringify(line));
  }
}
