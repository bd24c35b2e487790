/**
 * How much a channel may send, and waiting for more of it. ssh2 sends whatever there is room for, and a guest that gives back its
 * window in small change (dropbear: 8 of 24 KiB) then gets small packets, each of which costs an emulated one as much as a large one.
 */
import { systemClock } from "../sys/clock.ts";

/** A guest that gives nothing more back until all is used up is not waited for longer. */
const waitMsMax = 50;
/** More than this at once saves nothing. */
const enoughBytes = 32 * 1024;

export interface SendWindow {
  /** Resolves with the bytes to send of `wanted`, when half of the window is free, or at least so much. */
  room(wanted: number): Promise<number>;
}

/** Takes the place of ssh2's own count, which nothing else tells of. */
export function watchWindow(outgoing: { window: number }): SendWindow {
  let bytes = outgoing.window;
  let wake = () => {};
  const half = Math.min(enoughBytes, Math.ceil(bytes / 2));
  Object.defineProperty(outgoing, "window", {
    get: () => bytes,
    set: (now: number) => {
      bytes = now;
      wake();
    },
  });
  return {
    async room(wanted) {
      const enough = Math.min(wanted, half);
      if (bytes >= enough) return Math.min(wanted, bytes);
      let isLate = false;
      const stop = systemClock.after(waitMsMax, () => {
        isLate = true;
        wake();
      });
      while (bytes < enough && !isLate) await new Promise<void>((resolve) => (wake = resolve));
      stop();
      // With no room at all, ssh2 does the waiting.
      return bytes === 0 ? wanted : Math.min(wanted, bytes);
    },
  };
}
