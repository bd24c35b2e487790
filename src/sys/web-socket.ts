/** The server's end of a WebSocket (RFC 6455) as a stream of bytes: binary messages alone, whose edges mean nothing, with the TCP socket's own pause and drain. */
import { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { http as createDriver } from "websocket-driver";

/** Bytes that may wait for a peer that does not read before it is cut off: answers to pings, which nobody else paces. */
const queuedBytesMax = 4 << 20;
/** How long a peer gets to answer that the stream is at its end. */
const closeMsMax = 5_000;

const statusNormal = 1000;
const statusUnsupported = 1003;

/** The part of a socket that a stream of bytes needs; `end` and `close` come at most once. */
export interface WebSocketBytes {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "drain" | "end" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  write(chunk: Uint8Array): boolean;
  end(): void;
  destroy(): void;
  pause(): void;
  resume(): void;
}

/**
 * Takes over the socket of an upgrade, answers it (with `protocol` as the only subprotocol) and speaks frames of RFC 6455 on it.
 * A message above `messageBytesMax`, or one of text, ends the connection. Undefined: the request is no handshake, and was told so.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Socket,
  head: Uint8Array,
  { protocol, messageBytesMax }: { readonly protocol: string; readonly messageBytesMax: number },
  closeMs = closeMsMax,
): WebSocketBytes | undefined {
  const driver = createDriver(request, { protocols: [protocol], maxLength: messageBytesMax, requireMasking: true });
  const events = new EventEmitter();
  let closing: NodeJS.Timeout | undefined;
  /** Of one message: what it costs to keep its pieces is bounded too. */
  let unfinishedBytes = 0;
  const send = (bytes: Uint8Array): void => {
    socket.write(bytes);
    if (socket.writableLength > queuedBytesMax) socket.destroy();
  };
  driver.io.on("data", (bytes) => send(bytes));
  const receive = (bytes: Uint8Array): void => {
    unfinishedBytes += bytes.length;
    if (unfinishedBytes > 2 * messageBytesMax) socket.destroy();
    else driver.parse(bytes);
  };
  driver.messages.on("data", (message) => {
    unfinishedBytes = 0;
    if (typeof message === "string") driver.close("binary messages only", statusUnsupported);
    else events.emit("data", message);
  });
  driver.on("error", () => undefined);
  driver.on("close", () => {
    events.emit("end");
    socket.end();
  });
  socket.on("data", receive);
  socket.on("drain", () => events.emit("drain"));
  socket.on("end", () => {
    events.emit("end");
    socket.end();
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => {
    clearTimeout(closing);
    events.emit("close");
  });
  if (!driver.start()) return undefined;
  if (head.length > 0) receive(Buffer.from(head));
  return {
    on: (event: string, listener: (...values: never[]) => void) => events.on(event, listener as () => void),
    write(chunk) {
      driver.binary(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
      return !socket.writableNeedDrain;
    },
    end() {
      driver.close("", statusNormal);
      closing ??= setTimeout(() => socket.destroy(), closeMs);
    },
    destroy: () => socket.destroy(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
}
