/** Frames over a socket, with the socket's own pause and drain as the only flow control: memory stays constant on both sides. */
import { UserError, assert, messageOf } from "../errors.ts";
import { createFrameDecoder, encodeFrame, encodeJson } from "./bytes.ts";
import type { Frame, FrameType } from "./bytes.ts";

/** What a stream needs of a socket; `node:net`'s Socket satisfies it. */
export interface ByteSocket {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "drain" | "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  /** False: the socket's buffer is full, `drain` follows. */
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  destroy(): unknown;
  pause(): unknown;
  resume(): unknown;
}

export interface FrameStream {
  /** The next frame; undefined when the peer has finished or is gone. Rejects with `frame-invalid`. One reader at a time. */
  read(): Promise<Frame | undefined>;
  /** Sends bytes; resolves when the socket takes more. Rejects with `connection-lost` when the peer is gone. */
  write(type: FrameType, payload?: Uint8Array): Promise<void>;
  /** Sends a value as JSON. */
  send(type: FrameType, value: unknown): Promise<void>;
  /** No more frames from this side; what was written is still delivered, what still arrives is dropped. */
  end(): void;
  destroy(): void;
  /** Aborts when the peer has finished, is gone or broke the protocol. */
  readonly gone: AbortSignal;
}

/** Bytes that may wait for `read` before the socket is paused. */
const readAheadBytesMax = 256 * 1024;
/** What a waiting frame costs besides its payload, so that a flood of empty frames is bounded too. */
const frameOverheadBytes = 64;
const costOf = (frame: Frame) => frame.payload.length + frameOverheadBytes;

/** A queue with one reader. Bytes above the limit pause the source; `over` wakes the reader for good. */
function createInbox(socket: ByteSocket) {
  const frames: Frame[] = [];
  let bytes = 0;
  let over = false;
  let failure: unknown;
  let isPaused = false;
  let wake: (() => void) | undefined;

  const pace = () => {
    const isFull = bytes > readAheadBytesMax;
    if (isFull === isPaused) return;
    isPaused = isFull;
    if (isFull) socket.pause();
    else socket.resume();
  };
  return {
    add: (arrived: readonly Frame[]) => {
      for (const frame of arrived) {
        frames.push(frame);
        bytes += costOf(frame);
      }
      pace();
      wake?.();
    },
    close: (error?: unknown) => {
      if (over) return;
      over = true;
      failure = error;
      wake?.();
    },
    drop: () => {
      frames.length = 0;
      bytes = 0;
      pace();
    },
    take: async (): Promise<Frame | undefined> => {
      assert(wake === undefined, "a frame stream has one reader at a time");
      // A chunk may complete no frame at all.
      while (frames.length === 0 && !over) await new Promise<void>((resolve) => (wake = resolve));
      wake = undefined;
      const frame = frames.shift();
      if (frame === undefined && failure !== undefined) throw failure;
      if (frame === undefined) return undefined;
      bytes -= costOf(frame);
      pace();
      return frame;
    },
  };
}

/** Lets writers wait while the socket's buffer is full. */
function createGate() {
  let waiting: Array<() => void> = [];
  return {
    wait: () => new Promise<void>((resolve) => waiting.push(resolve)),
    open: () => {
      const resolved = waiting;
      waiting = [];
      for (const resolve of resolved) resolve();
    },
  };
}

/** Takes over `socket` and speaks frames on it. `head`: bytes that arrived before, as an HTTP upgrade hands them over. */
export function createFrameStream(socket: ByteSocket, head?: Uint8Array): FrameStream {
  const decoder = createFrameDecoder();
  const inbox = createInbox(socket);
  const gate = createGate();
  const gone = new AbortController();
  let isEnded = false;
  let isFull = false;

  const lose = (why: string, failure?: unknown) => {
    inbox.close(failure);
    gone.abort(new UserError("connection-lost", `the other side of the connection is gone: ${why}`));
    gate.open();
  };
  const receive = (chunk: Uint8Array) => {
    if (isEnded || gone.signal.aborted) return;
    try {
      inbox.add(decoder.push(chunk));
    } catch (error) {
      lose(messageOf(error), error);
      socket.destroy();
    }
  };
  socket.on("data", receive);
  socket.on("drain", () => {
    isFull = false;
    gate.open();
  });
  socket.on("end", () => {
    lose("it closed the connection");
    if (isEnded) socket.destroy();
  });
  socket.on("close", () => lose("the connection is closed"));
  socket.on("error", (error) => lose(messageOf(error)));
  if (head !== undefined && head.length > 0) receive(head);

  const write = async (type: FrameType, payload?: Uint8Array) => {
    assert(!isEnded, `no ${type} frame after the end of a stream`);
    gone.signal.throwIfAborted();
    isFull = !socket.write(encodeFrame(type, payload)) || isFull;
    while (isFull && !gone.signal.aborted) await gate.wait();
    gone.signal.throwIfAborted();
  };
  return {
    read: inbox.take,
    write,
    send: (type, value) => write(type, encodeJson(value)),
    end: () => {
      if (isEnded) return;
      isEnded = true;
      inbox.close();
      inbox.drop();
      if (gone.signal.aborted) socket.destroy();
      else socket.end();
    },
    destroy: () => {
      isEnded = true;
      lose("this side left");
      socket.destroy();
    },
    gone: gone.signal,
  };
}
