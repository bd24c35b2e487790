/** Stands in for QEMU's end of a control socket: the test sees what is sent and decides what comes back, byte by byte. */
import type { Sockets } from "../../../src/sys/socket.ts";

export interface StandIn {
  readonly sockets: Sockets;
  /** Commands received so far, parsed. */
  readonly received: { execute: string; arguments?: unknown; id: string }[];
  send(bytes: string | Uint8Array): void;
  /** The other end goes away. */
  hangUp(): void;
  isClosed(): boolean;
}

export const greeting = '{"QMP":{"version":{},"capabilities":[]}}\r\n';

/** `answer` gives the bytes sent back for a command; undefined for silence. */
export function createStandIn(
  first: string,
  answer: (command: { execute: string; id: string }) => string | undefined,
): StandIn {
  const received: StandIn["received"] = [];
  let isClosed = false;
  let deliver: (bytes: Uint8Array) => void = () => {};
  let closed: () => void = () => {};
  const send = (bytes: string | Uint8Array) => queueMicrotask(() => deliver(Buffer.from(bytes)));
  return {
    received,
    send,
    hangUp: () => closed(),
    isClosed: () => isClosed,
    sockets: {
      connect: async (_target, handlers) => {
        deliver = (bytes) => void (isClosed || handlers.data(bytes));
        closed = () => handlers.closed();
        send(first);
        return {
          write: (bytes) => {
            const command = JSON.parse(Buffer.from(bytes).toString());
            received.push(command);
            const reply = answer(command);
            if (reply !== undefined) send(reply);
          },
          writeWith: () => false,
          close: () => {
            isClosed = true;
          },
        };
      },
    },
  };
}

/** Says yes to everything. */
export const agree = ({ id }: { id: string }) => `{"return":{},"id":"${id}"}\r\n`;
