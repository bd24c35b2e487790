/** SFTP with a guest: a session of the daemon that starts the guest's file server, and the protocol over its two streams. */
import type { ApiClient } from "../../api/client.ts";
import { openFrames } from "../../api/frames.ts";
import { runSession } from "../../api/session-client.ts";
import { UserError } from "../../errors.ts";
import { createSftp, type Sftp } from "../../guest/sftp.ts";
import { systemClock } from "../../sys/clock.ts";
import { systemIds } from "../../sys/ids.ts";
import { every } from "../../sys/interrupts.ts";

/** A file server that answers nothing for this long, while it is asked, is given up. */
const silentMsMax = 120_000;
const lookMs = 5_000;
/** For its end, once it was told. */
const endMsMax = 5_000;

export interface GuestFiles {
  readonly sftp: Sftp;
  /** Aborts when the guest, or the way to it, is lost; the reason says which. */
  readonly lost: AbortSignal;
  /** Ends the session, its server in the guest too. Never rejects. */
  close(): Promise<void>;
  /** At once. */
  drop(reason: unknown): void;
}

/** Bytes on their way out, pulled by whoever may send. What waits here is bounded by the requests that are under way. */
function createOutbox() {
  const waiting: Uint8Array[] = [];
  let isOver = false;
  let wake = () => {};
  return {
    put: (bytes: Uint8Array) => {
      waiting.push(bytes);
      wake();
    },
    end: () => {
      isOver = true;
      wake();
    },
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const bytes = waiting.shift();
        if (bytes !== undefined) yield bytes;
        else if (isOver) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

const ended = () => new UserError("guest-files-ended", "the guest's file server ended before it was done");
const silent = () =>
  new UserError("guest-silent", `the guest's file server has answered nothing for ${silentMsMax / 1000} s`);

/** Starts it. Rejects as `session.open` does, and with `guest-answer-odd` when what starts is no file server. */
export async function openGuestFiles(api: ApiClient, version: string, instance: string): Promise<GuestFiles> {
  const request = { command: systemIds.next(), instance, subsystem: "sftp" as const, environment: {} };
  const stream = await openFrames(api, version, "session.open", request);
  const outbox = createOutbox();
  const [lost, left] = [new AbortController(), new AbortController()];
  const sftp = createSftp(outbox.put, (error) => lost.abort(error));
  let heardMs = systemClock.monotonicMs();
  const stdout = async (chunk: Uint8Array) => {
    heardMs = systemClock.monotonicMs();
    sftp.push(chunk);
  };
  const stopLooking = every(lookMs, () => {
    const now = systemClock.monotonicMs();
    if (sftp.pending() === 0) heardMs = now;
    else if (now - heardMs > silentMsMax) left.abort(silent());
  });
  const over = runSession(stream, { stdin: outbox, stdout, stderr: async () => {} }, left.signal)
    .then(() => sftp.fail(ended()), sftp.fail)
    .finally(stopLooking);
  sftp.begin();
  await sftp.ready;
  return {
    sftp,
    lost: lost.signal,
    drop: (reason) => left.abort(reason),
    async close() {
      outbox.end();
      const stop = systemClock.after(endMsMax, () => left.abort(ended()));
      await over;
      stop();
    },
  };
}
