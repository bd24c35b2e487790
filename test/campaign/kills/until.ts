/** Waiting for what must become true. */

/** Real time; everything here is done in a tenth of a second. */
const limitMs = 10_000;

/** Rejects with `what` when it does not come true in time. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const started = performance.now();
  while (!isTrue()) {
    if (performance.now() - started > limitMs) throw new Error(`not in ${limitMs / 1000} s: ${what}`);
    await Bun.sleep(0.5);
  }
}
