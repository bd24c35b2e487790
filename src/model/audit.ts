/** What a check of the event log finds, for the store that checks and the command that shows. Types where JSON is made of them as they are. */

/** Where a log stops being readable: `position` is the first record that cannot be used. */
export type Place = {
  readonly segment: string;
  readonly offset: number;
  readonly position: number;
};

export type DamageKind = "log-damaged" | "log-incomplete" | "log-chain-broken" | "log-rolled-back" | "log-newer";

export type Damage = Place & {
  readonly kind: DamageKind;
  /** What is wrong, as the rest of a sentence. */
  readonly what: string;
};

/** A place that something beside the log remembers: the head or a checkpoint. */
export type Witness = {
  readonly kind: "head" | "checkpoint";
  readonly position: number;
  readonly hash: string;
  /** Does the log hold exactly this record there? */
  holds: boolean;
};

export interface VerifyReport {
  /** No damage, and every witness agrees. */
  readonly isIntact: boolean;
  /** Undefined when there is no log, or when its first line cannot be read. */
  readonly log?: string;
  /** Records whose own hash and place in the chain hold, from the first on. */
  readonly events: number;
  readonly hash: string;
  /** Times of the first and the last of them. */
  readonly from?: string;
  readonly to?: string;
  readonly segments: number;
  readonly bytes: number;
  /** Segment openings whose Merkle root was computed again and found right. */
  readonly roots: number;
  /** Merkle root (RFC 6962) of all these records, hexadecimal. */
  readonly root: string;
  readonly witnesses: readonly Witness[];
  readonly damage?: Damage;
  /** Bytes behind the last record: a write under way, or torn by a crash; never acknowledged. */
  readonly tail?: { readonly segment: string; readonly offset: number; readonly bytes: number };
}
