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
  /** The largest that it has been: OpenSSH opens a channel with none, and gives some when a command is asked for. */
  let most = bytes;
  let wake = () => {};
  Object.defineProperty(outgoing, "window", {
    get: () => bytes,
    set: (now: number) => {
      bytes = now;
      most = Math.max(most, now);
      wake();
    },
  });
  return {
    async room(wanted) {
      const isEnough = () => bytes > 0 && bytes >= Math.min(wanted, enoughBytes, Math.ceil(most / 2));
      if (isEnough()) return Math.min(wanted, bytes);
      let isLate = false;
      const stop = systemClock.after(waitMsMax, () => {
        isLate = true;
        wake();
      });
      while (!isEnough() && !isLate) await new Promise<void>((resolve) => (wake = resolve));
      stop();
      // With no room at all, ssh2 does the waiting.
      return bytes === 0 ? wanted : Math.min(wanted, bytes);
    },
  };
}
