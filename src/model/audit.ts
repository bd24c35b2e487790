/** What a check of the event log finds, for the store that checks and the command that shows. Types where JSON is made of them as they are. */

/** Where a log stops being readable: `position` is the first record that cannot be used. */
export type Place = {
  readonly segment: string;
  readonly offset: number;
  readonly position: number;
};

/** `seal-broken`: of the evidence beside the log; its records may be whole. */
export type DamageKind =
  "log-damaged" | "log-incomplete" | "log-chain-broken" | "log-rolled-back" | "log-newer" | "seal-broken";

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

/** Records that were moved aside, and the folder where they are; both ends included. */
export type Archive = {
  readonly from: number;
  readonly to: number;
  readonly place: string;
};

/** What the seals say. */
export type SealReport = {
  readonly count: number;
  /** Signed with the log's key of their time, and of exactly these records. */
  readonly holding: number;
  /** Different keys that the log names. More than one: it was lost, or the log was written anew from there on. */
  readonly keys: number;
  /** The newest key, as C2SP's verifier key. */
  readonly key?: string;
  /** Bytes of a seal that a crash cut off. */
  readonly torn: number;
  readonly newest?: { readonly size: number; readonly root: string; readonly note: string };
  /** The setting audit.anchor: where each seal is sent. */
  readonly anchor: string;
  /** An earlier seal that was given to check against. */
  readonly kept?: { readonly size: number; readonly holds: boolean };
};

export interface VerifyReport {
  /** No damage, and every witness agrees. */
  readonly isIntact: boolean;
  /** Undefined when there is no log, or when its first line cannot be read. */
  readonly log?: string;
  /** Position of the last record; each one's own hash and place in the chain hold, from the first on or the first that is here. */
  readonly events: number;
  readonly hash: string;
  /** The records up to here were archived and are not read: of them only the hashes were checked. */
  readonly archived?: { readonly upTo: number; readonly archives: readonly Archive[] };
  /** Times of the first and the last of those that were read. */
  readonly from?: string;
  readonly to?: string;
  readonly segments: number;
  readonly bytes: number;
  /** Segment openings whose Merkle root was computed again and found right. */
  readonly roots: number;
  /** Merkle root (RFC 6962) of all these records, hexadecimal. */
  readonly root: string;
  readonly witnesses: readonly Witness[];
  readonly seals: SealReport;
  readonly damage?: Damage;
  /** Bytes behind the last record: a write under way, or torn by a crash; never acknowledged. */
  readonly tail?: { readonly segment: string; readonly offset: number; readonly bytes: number };
}

/** Proof that a sealed log holds a record: everything needed to check it, without strata. */
export type Proof = {
  readonly schema: 1;
  readonly position: number;
  /** The record, as it is on disk without its newline. */
  readonly line: string;
  /** Roots of the subtrees from the leaf up (RFC 6962), hexadecimal. */
  readonly path: readonly string[];
  /** A signed note (C2SP): origin, tree size, root. */
  readonly seal: string;
  /** What the note is verified with (C2SP). */
  readonly key: string;
};

/** What a repair from a copy would put back. */
export type RestorePlan = {
  readonly from: string;
  readonly damage: Damage;
  /** How many records, and the first and last of them. */
  readonly records: number;
  readonly first: number;
  readonly last: number;
  /** Names of the files that are written anew. */
  readonly segments: readonly string[];
  /** The newest position afterwards, but for the one that records the repair. */
  readonly end: number;
};

/** `isDone`: it was carried out, and `log.repaired` recorded. */
export type RestoreReport = RestorePlan & { readonly isDone: boolean };

/** What an archive moved: nothing when `events` is 0. */
export type ArchiveReport = {
  /** The folder. */
  readonly place: string;
  readonly from?: number;
  readonly to?: number;
  readonly events: number;
  readonly segments: number;
  readonly bytes: number;
  /** False: a daemon was started meanwhile and reads them; doing it again removes them. */
  readonly isRemoved: boolean;
};
