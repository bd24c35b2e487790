/** An HTTP server on a unix socket whose requests know their caller from the kernel. */
import { chmodSync, chownSync, rmSync } from "node:fs";
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { type Peer, peerOf } from "./peer.ts";
import { descriptorOf } from "./socket.ts";

export type { IncomingMessage, ServerResponse, Socket };

/** Connections at once; further ones are closed. */
const connectionsMax = 512;
/** A request must have come whole this long after its connection, or after the answer before it, so that half-open ones do not pile up. */
const requestMsMax = 30_000;

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
  requestMs = requestMsMax,
): Promise<Listening> {
  const peers = new WeakMap<Socket, Peer>();
  const patience = createPatience(requestMs);
  const open = new Set<Socket>();
  const http = createHttpServer();
  const peerOfRequest = (request: IncomingMessage): Peer | undefined => peers.get(request.socket);
  http.on("request", (request, response) => {
    const peer = peerOfRequest(request);
    // Kept, since a request that was cut off has no socket any more when its answer closes.
    const { socket } = request;
    request.once("end", () => patience.end(socket));
    response.once("close", () => patience.begin(socket));
    if (peer) handlers.request(request, response, peer);
    else socket.destroy();
  });
  http.on("upgrade", (request, socket, head) => {
    const peer = peerOfRequest(request);
    patience.end(request.socket);
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
    patience.begin(socket);
    socket.on("close", () => {
      open.delete(socket);
      patience.end(socket);
    });
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

/** Destroys a socket that takes too long to ask; Bun and Node time only the servers that they listen for themselves. */
function createPatience(ms: number): { begin(socket: Socket): void; end(socket: Socket): void } {
  const timers = new Map<Socket, NodeJS.Timeout>();
  const end = (socket: Socket): void => {
    clearTimeout(timers.get(socket));
    timers.delete(socket);
  };
  return {
    begin(socket) {
      end(socket);
      if (socket.destroyed) return;
      timers.set(
        socket,
        setTimeout(() => socket.destroy(), ms),
      );
    },
    end,
  };
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
