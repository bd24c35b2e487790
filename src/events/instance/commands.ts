/** What may be asked of an instance. Time, ids and chance arrive inside the command, so the rules stay pure. */
import type { CloudInitDigest, CloudInitStatus } from "../../model/cloud-init.ts";
import type { ImportSource, PlannedPoint, TakenLayer } from "../../model/import.ts";
import type { Autostart, Specs, StopCause } from "../../model/instance.ts";
import type { Mount } from "../../model/mount.ts";
import type { Labels } from "../../model/label.ts";
import type { ImageSourceFacts } from "../../model/offer.ts";
import type { OperationResult, Step } from "../../model/operation.ts";
import type { Consistency, KeptMemory } from "../../model/point.ts";
import type { ImageSource, WantedPoint } from "./events.ts";
import type { ForwardCommand } from "./forward-commands.ts";
import type { AuthorizeKey } from "./keys.ts";
import type { NetworkChange, NetworkConfigure, NetworkOfNew } from "./network-commands.ts";

/** Carried by every command that opens an operation. */
export interface Opens {
  /** Id of the instance. */
  readonly id: string;
  readonly operation: string;
  readonly deadline: string;
  /** It is the undo, or the redo, of the operation with this number. */
  readonly undoes?: number;
  readonly redoes?: number;
}

/** Carried by a command that may make an automatic point by the way. */
export interface ByTheWay {
  readonly auto?: Omit<WantedPoint, "name">;
}

/** What a finished step learned. */
export type StepResult =
  | {
      readonly step: "image";
      readonly name: string;
      readonly title: string;
      readonly sha256: string;
      readonly bytes: number;
      readonly virtualSize: number;
      readonly format: "qcow2" | "raw";
      readonly source?: ImageSourceFacts | undefined;
      /** What was checked, for whoever waits. */
      readonly checked?: string;
      /** When the rest of the operation is given up. */
      readonly deadline?: string;
    }
  | {
      readonly step: "disk";
      readonly layer: string;
      readonly parent?: string;
      readonly hardware: { driver: string; machine: string; [key: string]: unknown };
      readonly hostKey: string;
      /** Of an import: the layers below the top, parents first, and the image below all, where one was made. */
      readonly layers?: readonly TakenLayer[];
      readonly image?: MadeImage;
    }
  | {
      readonly step: "boot";
      readonly ssh: { host: string; port: number };
      readonly accelerator: string;
      readonly cpu: string;
      readonly build: string;
      readonly adopted: boolean;
      readonly resumed?: boolean;
    }
  | { readonly step: "identity" }
  | { readonly step: "reachable" }
  | { readonly step: "clock"; readonly behindSeconds: number; readonly offSeconds: number }
  | { readonly step: "suspend"; readonly memoryBytes: number; readonly build: string }
  | { readonly step: "resize"; readonly isGrown: boolean }
  | { readonly step: "cloud-init"; readonly status: CloudInitStatus; readonly detail?: string }
  /** `point`: made by the way, or why it was not; absent where none was wanted, or nothing had changed. */
  | { readonly step: "stop"; readonly cause: StopCause; readonly point?: FrozenLayer | Missed }
  | { readonly step: "destroy" }
  | { readonly step: "freeze"; readonly frozen: FrozenLayer }
  | { readonly step: "rewind" }
  | { readonly step: "mount" | "unmount" | "mounts" };

/** An image that a step made of another one. */
export interface MadeImage {
  readonly name: string;
  readonly title: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly virtualSize: number;
  readonly format: "qcow2" | "raw";
}

/** What became of the top that was frozen. */
export interface FrozenLayer {
  readonly bytes: number;
  readonly consistency: Consistency;
  readonly pausedMs?: number;
  readonly kept?: KeptMemory;
  readonly memoryLost?: string;
}

/** Why a point that was to be made by the way is not there. */
export interface Missed {
  readonly code: string;
  readonly reason: string;
}

/** One key of an instance's configuration and its new value. */
export type Configuration =
  | { readonly key: "cpus" | "memory" | "disk"; readonly value: number }
  | { readonly key: "autostart"; readonly value: Autostart }
  | NetworkConfigure
  /** An empty value takes it away. */
  | { readonly key: "label"; readonly label: string; readonly value: string };

export type InstanceCommand =
  | ForwardCommand
  | AuthorizeKey
  | NetworkChange
  | (Opens & {
      readonly type: "launch";
      readonly name: string;
      readonly image: ImageSource;
      readonly specs: Specs;
      readonly mac: string;
      readonly layer: string;
      readonly user: string;
      readonly joins?: NetworkOfNew;
      readonly cloudInit?: CloudInitDigest;
      readonly labels?: Labels;
      readonly mounts?: readonly Mount[];
      /** When it goes to the trash by itself. */
      readonly endsAt?: string;
      /** It is deleted for good when it stops. */
      readonly ephemeral?: boolean;
    })
  | (Opens & {
      readonly type: "fork";
      /** Absent: one is made from the source's. */
      readonly name?: string;
      readonly source: string;
      readonly point: string;
      readonly mac: string;
      /** For its further network cards, as many as there may be. */
      readonly macs?: readonly string[];
      readonly layer: string;
      readonly starts: boolean;
      /** It boots, though the point has memory. */
      readonly fresh: boolean;
      /** Without a name: it gets one by the source's count of clones. */
      readonly isClone?: boolean;
    })
  | (Opens & {
      readonly type: "import";
      readonly name: string;
      /** Of the vault. */
      readonly image: { readonly name: string; readonly title: string; readonly sha256: string };
      readonly specs: Specs;
      /** Taken if no other instance has it. */
      readonly mac: string;
      readonly spareMac: string;
      readonly joins?: NetworkOfNew;
      readonly layer: string;
      readonly user: string;
      readonly from: ImportSource;
      readonly points: readonly PlannedPoint[];
      readonly now?: { readonly layer: string; readonly parent?: string };
      readonly expires?: string;
    })
  | (Opens & { readonly type: "start" })
  | (Opens & ByTheWay & { readonly type: "stop"; readonly force: boolean })
  /** `at`: `inMs` from now. */
  | (Opens & { readonly type: "stop-later"; readonly at: string; readonly inMs: number })
  | (Opens & { readonly type: "stop-never" })
  | (Opens & ByTheWay & { readonly type: "restart"; readonly force: boolean })
  | (Opens & { readonly type: "suspend" })
  | (Opens & { readonly type: "mount"; readonly mount: Mount })
  /** `force`: also when something in the guest uses it. */
  | (Opens & { readonly type: "unmount"; readonly target: string; readonly force: boolean })
  | (Opens & { readonly type: "rename"; readonly name: string })
  | (Opens & ByTheWay & { readonly type: "configure" } & Configuration)
  | (Opens & ByTheWay & { readonly type: "delete"; readonly expires: string })
  | (Opens & { readonly type: "recover" })
  /** `wanted` without a name gets the next of its kind. `memory`: the id to keep its memory under. */
  | (Opens & { readonly type: "snapshot"; readonly wanted: Omit<WantedPoint, "name"> & { readonly name?: string } })
  /** `to`: the point's id. `keep` without a value throws the present away. `fresh`: as after a boot, though the point has memory. */
  | (Opens & {
      readonly type: "restore";
      readonly to: string;
      readonly next: string;
      readonly fresh: boolean;
      readonly keep?: Omit<WantedPoint, "name" | "kind"> & { readonly memory: string };
    })
  | (Opens & { readonly type: "delete-snapshot" | "hold" | "release"; readonly point: string })
  /** An empty comment is none. */
  | (Opens & {
      readonly type: "configure-point";
      readonly point: string;
      readonly key: "name" | "comment";
      readonly value: string;
    })
  | {
      readonly type: "remove-point";
      readonly id: string;
      readonly point: string;
      readonly why: "expired" | "thinned" | "limit";
    }
  /** `live`: also one that is not in the trash. */
  | (Opens & { readonly type: "purge"; readonly live: boolean })
  | { readonly type: "cancel"; readonly id: string; readonly operation: string }
  | { readonly type: "step-succeeded"; readonly id: string; readonly operation: string; readonly result: StepResult }
  | {
      readonly type: "step-failed";
      readonly id: string;
      readonly operation: string;
      readonly step: Step;
      readonly code: string;
      readonly reason: string;
      readonly result: Exclude<OperationResult, "ok" | "pending">;
    }
  /** By the reactor: of what an operation owed, something else has taken the rest away. */
  | { readonly type: "conclude"; readonly id: string; readonly operation: string }
  /** What a machine did by itself, or what inspect() found. */
  | { readonly type: "observe-ended"; readonly id: string; readonly cause: StopCause; readonly detail?: string }
  | {
      readonly type: "observe-running";
      readonly id: string;
      readonly ssh: { host: string; port: number };
      readonly accelerator: string;
      readonly cpu: string;
      readonly build: string;
    }
  | { readonly type: "observe-suspended"; readonly id: string; readonly memoryBytes: number; readonly build: string }
  | { readonly type: "observe-reset"; readonly id: string }
  | { readonly type: "observe-panic"; readonly id: string }
  | { readonly type: "observe-reachable"; readonly id: string }
  | { readonly type: "observe-paused"; readonly id: string; readonly reason: string }
  | { readonly type: "observe-resumed"; readonly id: string }
  /** `fault`: why a mount that is wanted is not there; absent: it is. */
  | {
      readonly type: "observe-mount";
      readonly id: string;
      readonly target: string;
      readonly fault?: { readonly code: string; readonly reason: string };
    }
  | {
      readonly type: "session-start";
      readonly id: string;
      readonly session: string;
      readonly kind: "exec" | "shell";
      readonly program?: string;
      readonly arguments: number;
      readonly terminal: boolean;
    }
  | { readonly type: "session-end"; readonly id: string; readonly session: string; readonly result: string };

export type Opening = Extract<InstanceCommand, Opens>;
