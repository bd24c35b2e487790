/** An HTTP server that only this host reaches, on a port that was free. Nobody says who calls there: that is for its user to find out. */
import { createServer } from "node:net";
import { createFront, type FrontHandlers, type Listening, requestMsMax } from "./http-front.ts";

/** Never 0.0.0.0, nor a name that a resolver could turn. */
const address = "127.0.0.1";

export interface LoopbackListening extends Listening {
  readonly port: number;
}

/** At most `connectionsMax` connections at once; further ones are closed. `port` 0: one that is free. Rejects with the system's error. */
export async function listenLoopback(
  handlers: FrontHandlers,
  { connectionsMax, port }: { readonly connectionsMax: number; readonly port: number },
  requestMs = requestMsMax,
): Promise<LoopbackListening> {
  const front = createFront(handlers, requestMs);
  const server = createServer({ allowHalfOpen: true }, (socket) => front.accept(socket));
  server.maxConnections = connectionsMax;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port }, () => resolve());
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("bug: a TCP server without a port");
  return { port: bound.port, close: () => front.close(server) };
}
