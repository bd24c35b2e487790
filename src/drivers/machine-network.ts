/** What a machine that starts is told of its network cards. */

/** What a guest on the user-mode network knows of the world. */
export interface UserNetwork {
  /** CIDR. */
  readonly subnet: string;
  readonly gateway: string;
  readonly dns: string;
}

/** A network card beyond the first. */
export interface Card {
  readonly mac: string;
  /** Of the host, there before the machine starts. */
  readonly tap: string;
}

export interface MachineNetwork {
  /** The network that its machine knows; absent: the one that is so unless somebody asks for another. */
  readonly net?: UserNetwork;
  /** Nothing that the guest sends goes anywhere until its card is plugged into a switch; only with `links`. */
  readonly isWalled?: boolean;
  /** The host's tap that its network card is connected to, instead of a network of its own; SSH is at its address then. */
  readonly tap?: string;
  /** Further network cards. */
  readonly cards?: readonly Card[];
}
