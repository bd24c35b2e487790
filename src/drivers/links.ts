/** What a driver offers to whoever carries the packets of its machines: three ends of cables per machine. */

/**
 * Connected stream sockets that carry frames: four bytes of length, big-endian, then as many from the Ethernet header on. They are
 * handed over, so that the caller may close its own ends.
 */
export interface Cables {
  /** What the guest sends comes out here, instead of on the machine's own network. */
  readonly fromGuest: { readonly descriptor: number };
  /** What goes in here reaches the machine's own network, as if the guest had sent it. */
  readonly toNetwork: { readonly descriptor: number };
  /** What goes in here reaches the guest. */
  readonly toGuest: { readonly descriptor: number };
}

export interface LinkSupport {
  /**
   * Puts a switch between a running machine's card and its network. Plugged in already: these cables take the place of the old ones.
   * Nothing that the guest sends passes by at any moment; where the cables are dead, it is lost. Throws `machine-not-running`.
   */
  plug(id: string, cables: Cables, signal: AbortSignal): Promise<void>;
  /** A plug of it has come to its end: one that was cut off may leave cables that lead nowhere. Off: false. */
  isPlugged(id: string, signal: AbortSignal): Promise<boolean>;
  /** The machine has its network to itself again. Not plugged in, or off: confirms. */
  unplug(id: string, signal: AbortSignal): Promise<void>;
}
