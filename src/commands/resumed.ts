/** A stream with positions that is taken up again where it broke off: a daemon that goes away is found or started again. */
import { isCode } from "../api/client.ts";
import { absentCode, brokenCode } from "../api/transport.ts";
import type { Context } from "./context.ts";

/** So often in a row. */
const reconnectsMax = 5;

/** `open` is asked for what is behind a position, at first for what is behind `from`. Ends when `signal` aborts, or when no daemon stays. */
export async function* resumed<Item extends { readonly position: number }, From extends number | undefined>(
  { clock }: Pick<Context, "clock">,
  from: From,
  open: (after: number | From) => AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item> {
  let after: number | From = from;
  for (let failures = 0; ;) {
    try {
      for await (const item of open(after)) {
        failures = 0;
        after = item.position;
        yield item;
      }
      if (signal.aborted || ++failures > reconnectsMax) return;
    } catch (error) {
      const isGone = isCode(error, brokenCode) || isCode(error, absentCode);
      if (!isGone || ++failures > reconnectsMax) throw error;
    }
    await clock.sleep(50 * failures);
  }
}
