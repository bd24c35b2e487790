/** What a client says on a framed stream: what it wants first, then frames that are checked, and stdin within what it was granted. */
import { z } from "zod";
import { frameJson, stdinWindowBytes } from "../api/bytes.ts";
import type { Frame } from "../api/bytes.ts";
import type { FrameStream } from "../api/frame-stream.ts";
import { toWire } from "../api/wire.ts";
import { UserError } from "../errors.ts";
import { cellsMax } from "../model/terminal.ts";

/** A client that upgraded must say what it wants within this time. */
const openLimitMs = 10_000;
/** Taken stdin is granted anew in steps of this size. */
const grantBytes = stdinWindowBytes / 4;

const cells = z.int().min(1).max(cellsMax);
export const Resize = z.object({ columns: cells, rows: cells });

export const broken = (why: string) =>
  new UserError("frame-invalid", `the client sent a frame that does not belong here: ${why}`);

/** The JSON of a frame. Throws `frame-invalid`. */
export function parseFrame<Value>(frame: Frame, schema: z.ZodType<Value>): Value {
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

/** Counts a client's stdin against `stdinWindowBytes`, and grants anew what was taken. */
export function createStdinWindow(stream: FrameStream) {
  let windowBytes = stdinWindowBytes;
  let takenBytes = 0;
  return {
    /** Throws `frame-invalid` when it is more than was granted. */
    use: (bytes: number) => {
      windowBytes -= bytes;
      if (windowBytes < 0) throw broken("more stdin than was granted");
    },
    /** Never rejects. */
    taken: async (bytes: number) => {
      takenBytes += bytes;
      if (takenBytes < grantBytes) return;
      const granted = takenBytes;
      takenBytes = 0;
      windowBytes += granted;
      await stream.send("window", { bytes: granted }).catch(() => undefined);
    },
  };
}
