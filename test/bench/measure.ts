/** Medians of interleaved pairs: what every figure of this folder is made of. */

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

/** Runs ours and the bare tool in turn, so that both see the same noise; prints medians and their ratio. */
export async function compare(
  what: string,
  runs: number,
  ours: () => Promise<unknown>,
  bare: () => Promise<unknown>,
): Promise<number> {
  const pairs: [number, number][] = [];
  for (let run = 0; run < runs; run++) pairs.push([await timed(ours), await timed(bare)]);
  const [a, b] = [median(pairs.map(([mine]) => mine)), median(pairs.map(([, theirs]) => theirs))];
  const ratio = median(pairs.map(([mine, theirs]) => mine / theirs));
  console.log(
    `${what.padEnd(52)} ${a.toFixed(1).padStart(9)} ms   bare ${b.toFixed(1).padStart(9)} ms   ratio ${ratio.toFixed(3)}   (${runs} pairs)`,
  );
  return ratio;
}
