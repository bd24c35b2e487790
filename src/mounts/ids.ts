/** Which users and groups of the host are which in the guest. */

export type Pairs = readonly (readonly [host: number, guest: number])[];

/** An id that is not to be changed (chown(2)). */
export const unchanged = 0xffffffff;

export type Ids = ReturnType<typeof createIds>;

/** The first pair that has an id counts. */
export function createIds(pairs: Pairs) {
  const guests = new Map<number, number>();
  const hosts = new Map<number, number>();
  for (const [host, guest] of pairs) {
    if (!guests.has(host)) guests.set(host, guest);
    if (!hosts.has(guest)) hosts.set(guest, host);
  }
  const shown = (host: number) => guests.get(host) ?? host;
  return {
    /** One without a pair is shown as it is. */
    shown,
    /** What the guest's id means for a file of `now`; undefined: it has no pair. The id that is shown changes nothing. */
    meant: (guest: number, now: number) => (guest === unchanged || shown(now) === guest ? now : hosts.get(guest)),
  };
}
