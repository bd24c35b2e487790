/** The daemon's side of exec and shell: frames of a client on one hand, a channel of the guest on the other. */
import { z } from "zod";
import { dataBytesMax, stdinWindowBytes } from "../api/bytes.ts";
import type { FrameType } from "../api/bytes.ts";
import type { FrameStream } from "../api/frame-stream.ts";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import type { GuestChannel, GuestExit } from "../guest/channel.ts";
import { broken, createStdinWindow, parseFrame, refuse, Resize } from "./session-frames.ts";
import type { TimeLimit } from "./time-limit.ts";

/** `gone`: the client left before the end, and the command was hung up. */
export type SessionEnd = GuestExit | { readonly gone: true };

/** Frames of stdin that may wait for the guest; their bytes are bounded by the window. */
const stdinFramesMax = 1_024;

/** The names that SSH knows (RFC 4254, 6.10). */
const Signal = z.object({
  name: z.enum(["ABRT", "ALRM", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "TERM", "USR1", "USR2"]),
});

/** Output of the guest to the client, at the client's pace. */
async function pump(stream: FrameStream, type: FrameType, source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += dataBytesMax) {
      await stream.write(type, chunk.subarray(at, at + dataBytesMax));
    }
  }
}

/** Stdin on its way to the guest: written one after the other, in the background, so that the reader stays free for signals. */
function createInput(channel: GuestChannel, stream: FrameStream) {
  const window = createStdinWindow(stream);
  let queued: Promise<void> = Promise.resolve();
  let frames = 0;

  const take = async (chunk: Uint8Array) => {
    // Input after the command closed it goes nowhere, as in a pipe whose reader left; its end comes as `exit`.
    await channel.write(chunk).catch(() => undefined);
    frames -= 1;
    await window.taken(chunk.length);
  };
  return {
    add: async (chunk: Uint8Array) => {
      window.use(chunk.length);
      frames += 1;
      queued = queued.then(() => take(chunk));
      if (frames >= stdinFramesMax) await queued;
    },
    end: () => void queued.then(channel.end),
  };
}

/** Serves the client's frames until it leaves. */
async function listen(stream: FrameStream, channel: GuestChannel): Promise<{ gone: true }> {
  const input = createInput(channel, stream);
  for (;;) {
    const frame = await stream.read();
    if (frame === undefined) return { gone: true };
    if (frame.type === "stdin") await input.add(frame.payload);
    else if (frame.type === "eof") input.end();
    else if (frame.type === "resize") {
      const { columns, rows } = parseFrame(frame, Resize);
      channel.resize(columns, rows);
    } else if (frame.type === "signal") channel.signal(parseFrame(frame, Signal).name);
    else throw broken(frame.type);
  }
}

/** Tells the client how it ended. `isLate`: its time was up. Never rejects. */
export async function answer(stream: FrameStream, end: GuestExit, isLate: boolean): Promise<void> {
  if ("lost" in end && !isLate) {
    await refuse(
      stream,
      new UserError("session-lost", `the session in the guest broke off: ${end.lost}`, { exit: exitCodes.guestSide }),
    );
    return;
  }
  const known = "lost" in end ? {} : end;
  await stream.send("exit", { ...known, ...(isLate && { timedOut: true }) }).catch(() => undefined);
  stream.end();
}

/** A command that runs, and what its client is told of it. */
export interface Served {
  readonly channel: GuestChannel;
  readonly session: string;
  readonly limit?: TimeLimit | undefined;
}

/**
 * Bridges a client and a command that runs, until one of them ends; answers how. The stream and the channel are closed then.
 * A client that vanishes or breaks the protocol hangs the command up (HUP, then the channel is closed). A command that outlives
 * its limit, and all that was done then, is left with `command-not-ended`.
 */
export async function serveSession(stream: FrameStream, { channel, session, limit }: Served): Promise<SessionEnd> {
  const finish = async (): Promise<GuestExit> => {
    await Promise.all([pump(stream, "stdout", channel.stdout), pump(stream, "stderr", channel.stderr)]);
    return channel.exit;
  };
  const hangUp = () => {
    channel.signal("HUP");
    channel.close();
    return { gone: true } as const;
  };
  try {
    await stream.send("started", { window: stdinWindowBytes, session });
    const end = await Promise.race([finish(), listen(stream, channel), ...(limit ? [limit.givenUp] : [])]);
    if (!("gone" in end)) {
      await answer(stream, end, limit?.isOver() ?? false);
      return end;
    }
    stream.destroy();
    return hangUp();
  } catch (error) {
    const end = hangUp();
    if (!stream.gone.aborted) await refuse(stream, error);
    if (!(error instanceof UserError)) throw new Error(`bug: a session failed: ${messageOf(error)}`, { cause: error });
    return end;
  } finally {
    limit?.disarm();
  }
}
