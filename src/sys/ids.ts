/** Chance as a port: time-ordered ids and random bytes. */

export interface Ids {
  /** UUIDv7: sorts by creation time. */
  next(): string;
  bytes(length: number): Uint8Array;
}

export const systemIds: Ids = {
  next: () => Bun.randomUUIDv7(),
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
};
