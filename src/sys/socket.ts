/** Client sockets as a port: unix and TCP, bytes in and out, with the limits that kernels keep quiet about. */
import { connect, type Socket } from "node:net";
import { UserError } from "../errors.ts";
import { errorCode } from "./files.ts";
import { sendWithDescriptor } from "./pass-descriptor.ts";

export type SocketTarget = { readonly path: string } | { readonly host: string; readonly port: number };

export interface SocketHandlers {
  data(bytes: Uint8Array): void;
  /** Called exactly once after a successful connect, whoever closed; `error` when it was no orderly end. */
  closed(error?: Error): void;
}

export interface ClientSocket {
  /** Queues bytes; more than `queuedBytesMax` waiting closes the connection. */
  write(bytes: Uint8Array | string): void;
  /** Sends all of `bytes` at once with an open file beside them (Linux, unix sockets). False: it could not, and nothing was sent. */
  writeWith(bytes: Uint8Array, descriptor: number): boolean;
  close(): void;
}

export interface Sockets {
  /** Rejects with the system's error (`ENOENT`, `ECONNREFUSED`) or the signal's reason. */
  connect(target: SocketTarget, handlers: SocketHandlers, signal: AbortSignal): Promise<ClientSocket>;
}

/** Nobody listens there, or not yet. */
export const isAbsent = (error: unknown): boolean => ["ENOENT", "ECONNREFUSED"].includes(errorCode(error) ?? "");

/** Bytes of a unix socket path without the closing zero: 108 in Linux's sockaddr_un, 104 in Darwin's. */
export const socketPathBytesMax = process.platform === "darwin" ? 103 : 107;
const queuedBytesMax = 4 * 2 ** 20;

/** The path itself when the kernel takes it; throws `socket-path-too-long`. Bun itself cuts silently. */
export function checkSocketPath(path: string): string {
  const bytes = Buffer.byteLength(path);
  if (bytes <= socketPathBytesMax) return path;
  throw new UserError(
    "socket-path-too-long",
    `the socket path ${path} has ${bytes} bytes, more than the ${socketPathBytesMax} that a socket may have`,
    {
      hints: [["next", "set XDG_RUNTIME_DIR to a shorter directory"]],
    },
  );
}

/** Bun and Node keep the descriptor on the handle; it has no public name. */
export function descriptorOf(socket: Socket): number {
  const handle = (socket as unknown as { _handle?: { fd?: number } })._handle;
  return handle?.fd ?? -1;
}

export const systemSockets: Sockets = {
  connect: (target, handlers, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const socket = "path" in target ? connect({ path: checkSocketPath(target.path) }) : connect(target);
      let failure: Error | undefined;
      const abort = () => {
        socket.destroy();
        reject(signal.reason);
      };
      signal.addEventListener("abort", abort, { once: true });
      socket.on("error", (error) => {
        failure = error;
        signal.removeEventListener("abort", abort);
        reject(error);
      });
      socket.once("connect", () => {
        signal.removeEventListener("abort", abort);
        socket.on("data", (bytes) => handlers.data(bytes));
        socket.once("close", () => handlers.closed(failure));
        socket.unref();
        resolve({
          write: (bytes) => {
            socket.write(bytes);
            if (socket.writableLength > queuedBytesMax) socket.destroy(new Error("the other side does not read"));
          },
          writeWith: (bytes, descriptor) =>
            socket.writableLength === 0 && sendWithDescriptor(descriptorOf(socket), bytes, descriptor),
          close: () => socket.destroy(),
        });
      });
    }),
};
