/** Bytes that the receiver has granted and the sender has not used yet: flow control above a connection that cannot push back. */
import { dataBytesMax } from "./bytes.ts";

export interface Credit {
  grant(bytes: number): void;
  /** Waits until some are granted; answers how many of `wanted` may go, at most a data frame's. */
  spend(wanted: number): Promise<number>;
}

/** `bytes`: granted from the start; without end for a receiver that grants nothing. */
export function createCredit(bytes = 0): Credit {
  let left = bytes;
  let wake: (() => void) | undefined;
  return {
    grant: (more) => {
      left += more;
      wake?.();
    },
    spend: async (wanted) => {
      while (left === 0) await new Promise<void>((resolve) => (wake = resolve));
      const spent = Math.min(wanted, left, dataBytesMax);
      left -= spent;
      return spent;
    },
  };
}
