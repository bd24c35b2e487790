/** An HTTP server on a unix socket whose requests know their caller from the kernel. */
import { chmodSync, chownSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { type Peer, peerOf } from "./peer.ts";

export type { IncomingMessage, ServerResponse, Socket };

/** Connections at once; further ones wait in the kernel's queue. */
const connectionsMax = 512;
/** A request must have come whole after this long, so that half-open ones do not pile up. */
const requestTimeoutMs = 30_000;

/** How long open connections get to take what was written, when the server closes. */
const lingerMs = 250;

export interface Handlers {
  request(request: IncomingMessage, response: ServerResponse, peer: Peer): void;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, peer: Peer): void;
}

export interface Listening {
  /** Stops accepting; open connections are ended, and cut soon after. */
  close(): Promise<void>;
}

/** Listens at `path` with the given mode; group when given. Whoever holds the data directory's lock owns the path. */
export async function listenHttp(
  path: string,
  access: { mode: number; group?: number },
  handlers: Handlers,
): Promise<Listening> {
  const peers = new WeakMap<Socket, Peer>();
  const open = new Set<Socket>();
  const http = createHttpServer({ requestTimeout: requestTimeoutMs });
  const peerOfRequest = (request: IncomingMessage): Peer | undefined => peers.get(request.socket);
  http.on("request", (request, response) => {
    const peer = peerOfRequest(request);
    if (peer) handlers.request(request, response, peer);
    else request.socket.destroy();
  });
  http.on("upgrade", (request, socket, head) => {
    const peer = peerOfRequest(request);
    if (peer) handlers.upgrade(request, socket as Socket, head, peer);
    else socket.destroy();
  });
  const front = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = peerOf(descriptorOf(socket));
    if (!peer) {
      socket.destroy();
      return;
    }
    peers.set(socket, peer);
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => socket.destroy());
    http.emit("connection", socket);
  });
  front.maxConnections = connectionsMax;
  if (!(await answers(path))) rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    front.once("error", reject);
    front.listen(path, () => resolve());
  });
  if (access.group !== undefined) chownSync(path, 0, access.group);
  chmodSync(path, access.mode);
  return {
    close: () =>
      new Promise((resolve) => {
        front.close(() => resolve());
        // Answers that are on their way, that to the request to stop among them, are still written.
        setImmediate(() => {
          for (const socket of open) socket.end();
        });
        setTimeout(() => {
          for (const socket of open) socket.destroy();
        }, lingerMs);
      }),
  };
}

/** Bun and Node keep the descriptor on the handle; it has no public name. */
function descriptorOf(socket: Socket): number {
  const handle = (socket as unknown as { _handle?: { fd?: number } })._handle;
  return handle?.fd ?? -1;
}

/** Does somebody listen there? A socket file that a killed process left behind refuses. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once("connect", () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", () => resolve(false));
  });
}
