/** What another manager keeps on this machine, as it was found there; nothing of it is ours, and nothing of it is changed. */
import type { Hint } from "../errors.ts";
import type { ImportedSnapshot, ImportSource } from "./import.ts";
import type { Specs } from "./instance.ts";

export interface ForeignMount {
  readonly source: string;
  readonly target: string;
}

/** What can be taken over. */
export interface ForeignInstance {
  readonly name: string;
  /** In the other's words. */
  readonly state: string;
  readonly isDeleted: boolean;
  readonly specs: Specs;
  readonly user: string;
  readonly from: ImportSource;
  /** `Ubuntu 24.04 LTS` */
  readonly title: string;
  readonly disk: ForeignDisk;
  /** Parents first. */
  readonly snapshots: readonly ImportedSnapshot[];
  /** The snapshot that its present stands on. */
  readonly head?: string;
  readonly mounts: readonly ForeignMount[];
  /** What is different afterwards, a sentence each. */
  readonly notes: readonly string[];
}

export interface ForeignDisk {
  readonly path: string;
  readonly bytes: number;
  readonly format: "qcow2" | "raw";
}

/** Why one cannot be taken over, and what to do about it. */
export interface ForeignTrouble {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly hints: readonly Hint[];
}

/** Aliases of a client, in the form of its own file. */
export interface ForeignAliases {
  readonly "active-context": string;
  readonly contexts: Readonly<
    Record<string, Readonly<Record<string, { instance: string; command: string; "working-directory": string }>>>
  >;
}

export interface ForeignStore {
  readonly directory: string;
  readonly instances: readonly ForeignInstance[];
  readonly troubles: readonly ForeignTrouble[];
  /** Absent: there are none. */
  readonly aliases?: ForeignAliases;
  /** Keys that were set; some of their values are secret. */
  readonly settings: readonly string[];
  /** Why aliases or settings could not be read. */
  readonly faults: readonly string[];
}
