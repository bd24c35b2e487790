/** The daemon's side of exec and shell: frames of a client on one hand, a channel of the guest on the other. */
import { z } from "zod";
import { dataBytesMax, frameJson, stdinWindowBytes } from "../api/bytes.ts";
import type { Frame, FrameType } from "../api/bytes.ts";
import type { FrameStream } from "../api/frame-stream.ts";
import { toWire } from "../api/wire.ts";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import type { GuestChannel, GuestExit } from "../guest/channel.ts";
import type { TimeLimit } from "./time-limit.ts";

/** `gone`: the client left before the end, and the command was hung up. */
export type SessionEnd = GuestExit | { readonly gone: true };

/** A client that upgraded must say what it wants within this time. */
const openLimitMs = 10_000;
/** Frames of stdin that may wait for the guest; their bytes are bounded by the window. */
const stdinFramesMax = 1_024;
/** Taken stdin is granted anew in steps of this size. */
const grantBytes = stdinWindowBytes / 4;

const Resize = z.object({ columns: z.int().min(1).max(10_000), rows: z.int().min(1).max(10_000) });
/** The names that SSH knows (RFC 4254, 6.10). */
const Signal = z.object({
  name: z.enum(["ABRT", "ALRM", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "TERM", "USR1", "USR2"]),
});

const broken = (why: string) =>
  new UserError("frame-invalid", `the client sent a frame that does not belong here: ${why}`);

function parseFrame<Value>(frame: Frame, schema: z.ZodType<Value>): Value {
  const parsed = schema.safeParse(frameJson(frame));
  if (!parsed.success) throw broken(`${frame.type}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** What the client wants: the first frame of a stream. Rejects with `frame-invalid`, `connection-lost` or `open-timeout`. */
export async function receiveOpen<Value>(stream: FrameStream, schema: z.ZodType<Value>): Promise<Value> {
  const limit = AbortSignal.timeout(openLimitMs);
  limit.addEventListener("abort", stream.destroy, { once: true });
  const frame = await stream.read();
  limit.removeEventListener("abort", stream.destroy);
  if (frame === undefined) throw new UserError("connection-lost", "the client left before it said what it wants");
  if (frame.type !== "open") throw broken(`${frame.type} before open`);
  return parseFrame(frame, schema);
}

/** Answers with an error and ends the stream. Never rejects: whoever left does not hear it. */
export async function refuse(stream: FrameStream, error: unknown): Promise<void> {
  await stream.send("error", toWire(error)).catch(() => undefined);
  stream.end();
}

/** Output of the guest to the client, at the client's pace. */
async function pump(stream: FrameStream, type: FrameType, source: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += dataBytesMax) {
      await stream.write(type, chunk.subarray(at, at + dataBytesMax));
    }
  }
}

/** Stdin on its way to the guest: written one after the other, in the background, so that the reader stays free for signals. */
function createInput(channel: GuestChannel, grant: (bytes: number) => Promise<void>) {
  let queued: Promise<void> = Promise.resolve();
  let frames = 0;
  let windowBytes = stdinWindowBytes;
  let takenBytes = 0;

  const take = async (chunk: Uint8Array) => {
    // Input after the command closed it goes nowhere, as in a pipe whose reader left; its end comes as `exit`.
    await channel.write(chunk).catch(() => undefined);
    frames -= 1;
    takenBytes += chunk.length;
    if (takenBytes < grantBytes) return;
    const granted = takenBytes;
    takenBytes = 0;
    windowBytes += granted;
    await grant(granted).catch(() => undefined);
  };
  return {
    add: async (chunk: Uint8Array) => {
      windowBytes -= chunk.length;
      if (windowBytes < 0) throw broken("more stdin than was granted");
      frames += 1;
      queued = queued.then(() => take(chunk));
      if (frames >= stdinFramesMax) await queued;
    },
    end: () => void queued.then(channel.end),
  };
}

/** Serves the client's frames until it leaves. */
async function listen(stream: FrameStream, channel: GuestChannel): Promise<{ gone: true }> {
  const input = createInput(channel, (bytes) => stream.send("window", { bytes }));
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

async function answer(stream: FrameStream, end: GuestExit, isLate: boolean): Promise<void> {
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
