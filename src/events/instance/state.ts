/** The state of one instance as the log tells it. */
import type { CloudInitDigest } from "../../model/cloud-init.ts";
import type { Autostart, Power, Specs, StopCause } from "../../model/instance.ts";
import type { ImportSource, PlannedPoint } from "../../model/import.ts";
import type { Forward } from "../../model/forward.ts";
import type { Labels } from "../../model/label.ts";
import type { Offered } from "../../model/offer.ts";
import type { Failure, OperationKind, OperationResult, Step } from "../../model/operation.ts";
import type { Mount, MountFault } from "../../model/mount.ts";
import type { Interface, Joined } from "../../model/network.ts";
import type { KeptMemory, Point, PointKind } from "../../model/point.ts";
import type { Refused } from "./networks.ts";
import type { ImageSource, Origin, WantedPoint, Warm } from "./events.ts";
import type { ForwardState } from "./forwards.ts";

/** Mounts, each with why it is not there although it should be. */
export type WantedMounts = readonly (Mount & { readonly degraded?: MountFault })[];

/** Where a restore goes, and from where. */
export interface PendingRestore {
  readonly to: { point: string; name: string; layer: string; kept?: KeptMemory | undefined };
  readonly specs: Specs;
  /** Absent: they stay as they are. */
  readonly mounts?: readonly Mount[] | undefined;
  readonly next: string;
  /** The present becomes a point. */
  readonly keeps: boolean;
  /** The machine ran when it was asked for. */
  readonly isRunning: boolean;
  readonly forwards: readonly Forward[];
}

/** What an import is about to make, besides the top. */
export interface PendingImport {
  /** Content of the image that was sent. */
  readonly sent: string;
  readonly points: readonly PlannedPoint[];
  readonly now?: { readonly layer: string; readonly parent?: string | undefined } | undefined;
}

export interface PendingOperation {
  readonly id: string;
  readonly number: number;
  readonly kind: OperationKind;
  readonly requestedAt: string;
  /** When it is given up. */
  readonly deadline: string;
  readonly done: readonly Step[];
  /** A stop that does not ask the guest first. */
  readonly force: boolean;
  readonly cancelled: boolean;
  /** Set once it is given up: what is owed now is taking back. */
  readonly abandoned?: Failure & { result: OperationResult };
  readonly expires?: string;
  /** A start that goes on from saved memory. */
  readonly resumes?: boolean;
  /** The size that a resize is about. */
  readonly disk?: number;
  /** Nobody gets in, so that nothing is waited for inside. */
  readonly isDetached?: boolean;
  /** A fork that is started. */
  readonly starts?: boolean;
  /** A fork that goes on from memory. */
  readonly warm?: Warm;
  /** Why a fork does not: it begins anew. */
  readonly gaveUp?: Failure;
  /** The point that it makes. */
  readonly wanted?: WantedPoint;
  readonly restore?: PendingRestore;
  readonly import?: PendingImport;
  /** The mount that it makes, or takes away. */
  readonly mount?: Mount;
  /** It ends when the instance's mounts are there, or known to be degraded. */
  readonly mounts?: true;
}

export interface InstanceState {
  readonly id: string;
  readonly name: string;
  readonly ordinal: number;
  readonly createdAt: string;
  /** Of the offer, what is worth knowing stays once the image is here. */
  readonly image: ImageSource & { title: string; offered?: Offered | undefined };
  readonly specs: Specs;
  readonly mac: string;
  readonly address: string;
  /** Absent: `default`, by the user-mode network. */
  readonly network?: Joined;
  /** Absent: all. */
  readonly allowNet?: string;
  /** Network cards besides its own. */
  readonly interfaces?: readonly Interface[];
  /** Nothing goes in or out. */
  readonly detached?: { at: string };
  readonly refused?: Refused;
  readonly layer: string;
  readonly user: string;
  /** Clones of it that were named by their number: none is given twice. */
  readonly clones?: number;
  /** What it was forked from. */
  readonly origin?: Origin;
  /** Who kept it before. */
  readonly from?: ImportSource;
  readonly hardware?: { driver: string; machine: string; [key: string]: unknown };
  /** Of the text that the launch brought for the first boot. */
  readonly cloudInit?: CloudInitDigest;
  /** Public SSH host key, pinned. */
  readonly hostKey?: string;
  readonly power: Extract<Power, "off" | "running" | "suspended" | "crashed">;
  readonly reachable: boolean;
  readonly running?: {
    ssh: { host: string; port: number };
    accelerator: string;
    cpu: string;
    build: string;
    since: string;
    /** It went on from memory. */
    resumed?: boolean;
  };
  /** The guest waits for its disk, which the host could not write. */
  readonly paused?: { at: string; reason: string };
  /** Its memory is on disk. */
  readonly suspended?: { at: string; memoryBytes: number; build: string };
  readonly autostart?: Autostart;
  readonly labels?: Labels;
  readonly mounts?: WantedMounts;
  /** Ports of the host that lead into it, in the order in which they were added. */
  readonly forwards?: readonly ForwardState[];
  /** Fingerprints of keys besides the daemon's that were let in, the newest last. */
  readonly keys?: readonly string[];
  /** When it goes to the trash by itself. */
  readonly endsAt?: string;
  /** It is deleted for good when it stops. */
  readonly ephemeral?: boolean;
  /** When it is stopped by itself, unless that is called off or it is off before. */
  readonly stopsAt?: string;
  readonly stopped?: { at: string; cause: StopCause; detail?: string };
  /** What can be gone back to, oldest first. */
  readonly points: readonly Point[];
  /** Points of each kind that were ever asked for: names are not given twice. */
  readonly pointCounts: Readonly<Partial<Record<PointKind, number>>>;
  readonly deleted?: { at: string; expires: string };
  readonly pending?: PendingOperation;
  readonly lastFailure?: Failure & { operation: number; at: string };
  /** Open exec and shell sessions by id. */
  readonly sessions: Readonly<Record<string, string>>;
}
