/** What every HTTP server of ours does with its connections: a bound on their number, on their patience, and an end that lets answers out. */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Server, Socket } from "node:net";

export type { IncomingMessage, ServerResponse, Socket };

/** A request must have come whole this long after its connection, or after the answer before it, so that half-open ones do not pile up. */
export const requestMsMax = 30_000;
/** How long open connections get to take what was written, when the server closes. */
const lingerMs = 250;

export interface Listening {
  /** Stops accepting; open connections are ended, and cut soon after. */
  close(): Promise<void>;
}

export interface FrontHandlers {
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
}

export interface Front {
  /** A connection speaks HTTP from now on. */
  accept(socket: Socket): void;
  /** Ends `server`, which handed its connections here, and them. */
  close(server: Server): Promise<void>;
}

export function createFront(handlers: FrontHandlers, requestMs: number): Front {
  const patience = createPatience(requestMs);
  const open = new Set<Socket>();
  const http = createHttpServer();
  http.on("request", (request, response) => {
    // Kept, since a request that was cut off has no socket any more when its answer closes.
    const { socket } = request;
    request.once("end", () => patience.end(socket));
    response.once("close", () => patience.begin(socket));
    handlers.request(request, response);
  });
  http.on("upgrade", (request, socket, head) => {
    patience.end(request.socket);
    handlers.upgrade(request, socket as Socket, head);
  });
  return {
    accept(socket) {
      open.add(socket);
      patience.begin(socket);
      socket.on("close", () => {
        open.delete(socket);
        patience.end(socket);
      });
      socket.on("error", () => socket.destroy());
      http.emit("connection", socket);
    },
    close: (server) =>
      new Promise((resolve) => {
        server.close(() => resolve());
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
