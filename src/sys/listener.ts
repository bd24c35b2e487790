/** Servers as a port: TCP and unix sockets that hand over each connection, and datagram sockets. */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { chmodSync } from "node:fs";
import { createServer, type ListenOptions, type Socket } from "node:net";
import type { Address } from "./network.ts";

export interface Opened {
  /** That was opened, also where any was asked for. */
  readonly port: number;
  /** Takes no more; connections that there are stay. */
  close(): void;
}

/** Both sides of a connection may end for themselves. Rejects with the system's error. */
export const listenTcp = ({ host, port }: Address, taken: (socket: Socket) => void): Promise<Opened> =>
  listen({ host, port, exclusive: true }, taken);

/** Nobody but the account may connect: mode 0600. Rejects with the system's error. */
export async function listenUnix(path: string, taken: (socket: Socket) => void): Promise<Opened> {
  const opened = await listen({ path }, taken);
  chmodSync(path, 0o600);
  return opened;
}

function listen(options: ListenOptions, taken: (socket: Socket) => void): Promise<Opened> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, taken);
    server.once("error", reject);
    server.listen(options, () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      resolve({ port, close: () => void server.close() });
    });
  });
}

export interface Datagrams {
  readonly port: number;
  /** Sent when it can be, or lost, as datagrams are. */
  send(bytes: Uint8Array, to: Address): void;
  close(): void;
}

/** Datagrams at an address. Rejects with the system's error. */
export function openDatagrams(
  { host: address, port }: Address,
  received: (bytes: Uint8Array, from: Address) => void,
): Promise<Datagrams> {
  return new Promise((resolve, reject) => {
    const socket: DatagramSocket = createSocket("udp4");
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.removeAllListeners("error");
      // An answer that nobody waits for any more comes back as an error, which is nobody's.
      socket.on("error", () => undefined);
      socket.on("message", (bytes, from) => received(bytes, { host: from.address, port: from.port }));
      resolve({
        port: socket.address().port,
        send: (bytes, to) => socket.send(bytes, to.port, to.host, () => undefined),
        close: () => socket.close(),
      });
    });
  });
}
