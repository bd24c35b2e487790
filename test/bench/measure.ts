/** Medians of interleaved pairs: what every figure of this folder is made of. */
import { readFileSync } from "node:fs";

/** Milliseconds that `work` takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Medians in milliseconds, and that of the pairs' ratios. */
export interface Compared {
  readonly ours: number;
  readonly bare: number;
  readonly ratio: number;
}

export const medians = (pairs: readonly (readonly [ours: number, bare: number])[]): Compared => ({
  ours: median(pairs.map(([ours]) => ours)),
  bare: median(pairs.map(([, bare]) => bare)),
  ratio: median(pairs.map(([ours, bare]) => ours / bare)),
});

/** Runs ours and the bare tool in turn, so that both see the same noise. */
export async function compare(
  runs: number,
  ours: () => Promise<unknown>,
  bare: () => Promise<unknown>,
): Promise<Compared> {
  const pairs: [number, number][] = [];
  for (let run = 0; run < runs; run++) pairs.push([await timed(ours), await timed(bare)]);
  return medians(pairs);
}

/** Tenths below 100 ms, whole ones up to 10 s, then seconds. */
export function inTime(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

/** A number that the kernel keeps of a process. */
export const statusOf = (pid: number, field: "VmRSS" | "voluntary_ctxt_switches"): number =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
