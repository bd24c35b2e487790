/** An HTTP server on a unix socket whose requests know their caller from the kernel. */
import { chmodSync, chownSync, rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { createFront, type IncomingMessage, type Listening, requestMsMax, type ServerResponse } from "./http-front.ts";
import { type Peer, peerOf } from "./peer.ts";
import { descriptorOf } from "./socket.ts";

export type { IncomingMessage, Listening, ServerResponse, Socket };

/** Connections at once; further ones are closed. */
const connectionsMax = 512;

/** `Who`: what the server knows of a caller before it reads the request. */
export interface Handlers<Who = Peer> {
  request(request: IncomingMessage, response: ServerResponse, who: Who): void;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer, who: Who): void;
}

/** Listens at `path` with the given mode; group when given. Whoever holds the data directory's lock owns the path. */
export async function listenHttp(
  path: string,
  access: { mode: number; group?: number },
  handlers: Handlers,
  requestMs = requestMsMax,
): Promise<Listening> {
  const peers = new WeakMap<Socket, Peer>();
  const front = createFront(
    {
      request(request, response) {
        const peer = peers.get(request.socket);
        if (peer) handlers.request(request, response, peer);
        else request.socket.destroy();
      },
      upgrade(request, socket, head) {
        const peer = peers.get(request.socket);
        if (peer) handlers.upgrade(request, socket, head, peer);
        else socket.destroy();
      },
    },
    requestMs,
  );
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const peer = peerOf(descriptorOf(socket));
    if (!peer) {
      socket.destroy();
      return;
    }
    peers.set(socket, peer);
    front.accept(socket);
  });
  server.maxConnections = connectionsMax;
  if (!(await answers(path))) rmSync(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolve());
  });
  if (access.group !== undefined) chownSync(path, 0, access.group);
  chmodSync(path, access.mode);
  return { close: () => front.close(server) };
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
