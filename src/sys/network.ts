/** TCP as a port: connecting to a guest, within a limit. */
import net from "node:net";
import { UserError, messageOf } from "../errors.ts";

export interface Address {
  readonly host: string;
  readonly port: number;
}

export type TcpSocket = net.Socket;

export interface Network {
  /** Rejects with `connect-failed`, or with the signal's reason when it aborts first. The caller owns the socket. */
  connect(address: Address, signal: AbortSignal): Promise<TcpSocket>;
  /** The same, and each direction may end for itself. */
  connectHalfOpen(address: Address, signal: AbortSignal): Promise<TcpSocket>;
}

export const systemNetwork: Network = {
  connect: (address, signal) => connect(address, false, signal),
  connectHalfOpen: (address, signal) => connect(address, true, signal),
};

function connect({ host, port }: Address, allowHalfOpen: boolean, signal: AbortSignal): Promise<TcpSocket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const socket = net.connect({ host, port, allowHalfOpen, noDelay: true });
    const settle = (finish: () => void) => {
      signal.removeEventListener("abort", abort);
      socket.off("connect", connected).off("error", failed);
      finish();
    };
    const abort = () => settle(() => (socket.on("error", () => {}), socket.destroy(), reject(signal.reason)));
    const connected = () => settle(() => resolve(socket));
    const failed = (error: Error) =>
      settle(() => reject(new UserError("connect-failed", `no connection to ${host}:${port}: ${messageOf(error)}`)));
    socket.on("connect", connected).on("error", failed);
    signal.addEventListener("abort", abort, { once: true });
  });
}
