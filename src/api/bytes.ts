/**
 * The framed byte stream of exec, shell and uploads: one byte type, four bytes length (big-endian), payload.
 * Data frames hold bytes, all others JSON (or nothing); an orderly stream starts with `open` and ends with `exit` or `error`.
 */
import { UserError, assert } from "../errors.ts";

const KIB = 1024;
/** Largest payload of a data frame. */
export const dataBytesMax = 64 * KIB;
/** Bytes of stdin that may be under way to a session before the daemon grants more with `window` frames. */
export const stdinWindowBytes = 1024 * KIB;
const headerBytes = 5;

const layouts = {
  /** Client: what is wanted, as the call's input. */
  open: { code: 1, bytesMax: 1024 * KIB },
  /** Server: it runs; `{window}` bytes of stdin may be sent. A session has its id here: `{session}`; a terminal tells how much output comes again: `{replay}`. */
  started: { code: 2, bytesMax: KIB },
  stdin: { code: 3, bytesMax: dataBytesMax },
  stdout: { code: 4, bytesMax: dataBytesMax },
  stderr: { code: 5, bytesMax: dataBytesMax },
  /** Client: stdin is at its end. */
  eof: { code: 6, bytesMax: 0 },
  /** `{bytes}` were taken and as many may follow: of stdin, so that no signal ever waits behind it; from a client, of a terminal's output. */
  window: { code: 7, bytesMax: KIB },
  /** Client: `{columns, rows}`. */
  resize: { code: 8, bytesMax: KIB },
  /** Client: `{name}`, for example `INT`. */
  signal: { code: 9, bytesMax: KIB },
  /** Server: how it ended: `{code}` or `{signal}`, with `{timedOut}` when its time was up; what became of an upload. */
  exit: { code: 10, bytesMax: 64 * KIB },
  /** Server: the error of wire.ts. */
  error: { code: 11, bytesMax: 64 * KIB },
} as const;

/** Type, code and the largest payload of each frame, for the documentation. */
export const frameLayouts: Readonly<Record<string, { readonly code: number; readonly bytesMax: number }>> = layouts;

export type FrameType = keyof typeof layouts;
export interface Frame {
  readonly type: FrameType;
  readonly payload: Uint8Array;
}

const typeOf = new Map<number, FrameType>();
for (const type of Object.keys(layouts) as FrameType[]) typeOf.set(layouts[type].code, type);

const empty = new Uint8Array(0);
const invalid = (why: string) => new UserError("frame-invalid", `the other side sent bytes that are no frame: ${why}`);

/** One frame as bytes. A payload above the type's limit is a bug of the caller. */
export function encodeFrame(type: FrameType, payload: Uint8Array = empty): Uint8Array {
  const { code, bytesMax } = layouts[type];
  assert(payload.length <= bytesMax, `a frame of type ${type} holds at most ${bytesMax} bytes`);
  const bytes = new Uint8Array(headerBytes + payload.length);
  bytes[0] = code;
  new DataView(bytes.buffer).setUint32(1, payload.length);
  bytes.set(payload, headerBytes);
  return bytes;
}

export const encodeJson = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The JSON of a frame, not yet trusted: callers parse it. Throws `frame-invalid`. */
export function frameJson(frame: Frame): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(frame.payload));
  } catch {
    throw invalid(`a ${frame.type} frame whose text is no JSON`);
  }
}

export interface FrameDecoder {
  /** The frames that `chunk` completes, in order. Throws `frame-invalid`; the decoder is of no use after that. */
  push(chunk: Uint8Array): Frame[];
}

/** Cuts a byte stream into frames; holds at most one unfinished frame, and never more than its type allows. */
export function createFrameDecoder(): FrameDecoder {
  const header = new Uint8Array(headerBytes);
  let headerFill = 0;
  let type: FrameType = "open";
  let body: Uint8Array | undefined;
  let bodyFill = 0;

  const readHeader = (): number => {
    const found = typeOf.get(header[0] ?? 0);
    if (found === undefined) throw invalid(`unknown type ${header[0]}`);
    const length = new DataView(header.buffer).getUint32(1);
    if (length > layouts[found].bytesMax) throw invalid(`a ${found} frame of ${length} bytes`);
    type = found;
    return length;
  };

  /** Takes what it can from `chunk` at `offset`; answers the offset behind it. */
  const take = (chunk: Uint8Array, offset: number, frames: Frame[]): number => {
    if (body === undefined) {
      const part = chunk.subarray(offset, offset + headerBytes - headerFill);
      header.set(part, headerFill);
      headerFill += part.length;
      if (headerFill < headerBytes) return offset + part.length;
      const length = readHeader();
      const start = offset + part.length;
      headerFill = 0;
      if (chunk.length - start >= length) {
        frames.push({ type, payload: chunk.subarray(start, start + length) });
        return start + length;
      }
      body = new Uint8Array(length);
      bodyFill = 0;
      return start;
    }
    const part = chunk.subarray(offset, offset + body.length - bodyFill);
    body.set(part, bodyFill);
    bodyFill += part.length;
    if (bodyFill === body.length) {
      frames.push({ type, payload: body });
      body = undefined;
    }
    return offset + part.length;
  };

  return {
    push: (chunk) => {
      const frames: Frame[] = [];
      for (let offset = 0; offset < chunk.length;) offset = take(chunk, offset, frames);
      return frames;
    },
  };
}
