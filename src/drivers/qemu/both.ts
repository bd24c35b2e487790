/** Two pieces of work side by side, of which neither is worth anything without the other. */

/** Runs both at the same time. Whichever fails ends the other, and neither is under way any more when this rejects. */
export async function both(
  one: (signal: AbortSignal) => Promise<void>,
  other: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const limit = AbortSignal.any([signal, failed.signal]);
  const endOther = (error: unknown) => {
    failed.abort(error);
    throw error;
  };
  await Promise.allSettled([one(limit).catch(endOther), other(limit).catch(endOther)]);
  signal.throwIfAborted();
  failed.signal.throwIfAborted();
}
