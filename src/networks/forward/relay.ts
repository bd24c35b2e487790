/** A port of the host that a process of ours opens and joins with an address that the host reaches. */
import type { HostPort } from "../../model/forward.ts";
import type { Address } from "../../sys/network.ts";

export interface Relay extends HostPort {
  readonly to: Address;
}

/** One that is open. */
export interface OpenRelay {
  /** Opens no more; `true`: what goes through it ends too. */
  close(isCut: boolean): void;
}

export const relayKey = ({ protocol, bind, host, to }: Relay): string =>
  `${protocol} ${bind}:${host} ${to.host}:${to.port}`;
