/** Relays of TCP: each connection is joined with one to the other side, byte by byte, at the pace of the slower of the two. */
import { listenTcp } from "../../sys/listener.ts";
import { type Network, systemNetwork, type TcpSocket } from "../../sys/network.ts";
import type { OpenRelay, Relay } from "./relay.ts";

/** Of one relay; whoever comes then is hung up on. */
export const connectionsMax = 4_096;
/** The other side answers within this time, or the caller is hung up on. */
const connectMs = 15_000;

/** Opens the port. Rejects with the system's error. */
export async function openTcpRelay(
  { bind, host, to }: Relay,
  network: Pick<Network, "connectHalfOpen"> = systemNetwork,
): Promise<OpenRelay> {
  const open = new Set<TcpSocket>();
  const taken = (near: TcpSocket): void => {
    if (open.size >= connectionsMax) return void near.destroy();
    open.add(near);
    near.on("error", () => near.destroy());
    near.on("close", () => open.delete(near));
    // What comes meanwhile waits in the kernel.
    near.pause();
    const left = new AbortController();
    near.once("close", () => left.abort());
    network.connectHalfOpen(to, AbortSignal.any([left.signal, AbortSignal.timeout(connectMs)])).then(
      (far) => join(near, far),
      () => near.destroy(),
    );
  };
  const listener = await listenTcp({ host: bind, port: host }, taken);
  return {
    close: (isCut) => {
      listener.close();
      if (isCut) for (const each of open) each.destroy();
    },
  };
}

/** Until both have ended, or one of them is gone. */
function join(near: TcpSocket, far: TcpSocket): void {
  far.on("error", () => far.destroy());
  pump(near, far);
  pump(far, near);
  near.resume();
}

/** The end of one direction is the end of that direction alone; what is cut is cut on both sides. */
function pump(from: TcpSocket, to: TcpSocket): void {
  from.on("data", (chunk) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on("drain", () => from.resume());
  from.on("end", () => to.end());
  from.on("close", () => {
    // One that has ended both ways closes by itself, what was written to the other one still arrives.
    if (!from.readableEnded) to.destroy();
  });
}
