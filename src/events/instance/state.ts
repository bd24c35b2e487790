/** The state of one instance as the log tells it, and the steps its pending operation owes. */
import type { CloudInitDigest } from "../../model/cloud-init.ts";
import type { Autostart, Power, Specs, StopCause } from "../../model/instance.ts";
import type { Labels } from "../../model/label.ts";
import type { Failure, OperationKind, OperationResult, Step } from "../../model/operation.ts";
import type { ImageSource } from "./events.ts";

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
}

export interface InstanceState {
  readonly id: string;
  readonly name: string;
  readonly ordinal: number;
  readonly createdAt: string;
  readonly image: ImageSource & { title: string };
  readonly specs: Specs;
  readonly mac: string;
  readonly address: string;
  readonly layer: string;
  readonly user: string;
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
  };
  /** The guest waits for its disk, which the host could not write. */
  readonly paused?: { at: string; reason: string };
  /** Its memory is on disk. */
  readonly suspended?: { at: string; memoryBytes: number; build: string };
  readonly autostart?: Autostart;
  readonly labels?: Labels;
  /** When it goes to the trash by itself. */
  readonly endsAt?: string;
  /** It is deleted for good when it stops. */
  readonly ephemeral?: boolean;
  readonly stopped?: { at: string; cause: StopCause; detail?: string };
  readonly deleted?: { at: string; expires: string };
  readonly pending?: PendingOperation;
  readonly lastFailure?: Failure & { operation: number; at: string };
  /** Open exec and shell sessions by id. */
  readonly sessions: Readonly<Record<string, string>>;
}

const steps: Record<OperationKind, readonly Step[]> = {
  launch: ["image", "disk", "boot", "reachable", "cloud-init"],
  start: ["boot", "reachable"],
  stop: ["stop"],
  suspend: ["suspend"],
  rename: [],
  restart: ["stop", "boot", "reachable"],
  delete: ["stop"],
  recover: [],
  purge: ["stop", "destroy"],
  set: ["resize"],
};

/** A guest that goes on from saved memory has the time of then. */
const resuming: readonly Step[] = [...steps.start, "clock"];

/** What is owed when an operation is given up, so that nothing half-made stays. */
const takingBack: Partial<Record<OperationKind, readonly Step[]>> = {
  launch: ["destroy"],
  start: ["stop"],
  restart: ["stop"],
};

/** Does giving up this operation owe work? A resume leaves the memory where it is, or the machine running. */
export const owesTakingBack = ({ kind, resumes }: PendingOperation): boolean =>
  takingBack[kind] !== undefined && resumes !== true;

/** The step that a pending operation owes next; nothing when only its outcome is missing. */
export function nextStep(operation: PendingOperation): Step | undefined {
  const { kind, abandoned, resumes } = operation;
  const plan = abandoned ? (takingBack[kind] ?? []) : resumes ? resuming : steps[kind];
  return plan.find((step) => !operation.done.includes(step));
}

/** Is `step` the last one of what the operation owes? */
export function isLastStep(operation: PendingOperation, step: Step): boolean {
  return nextStep({ ...operation, done: [...operation.done, step] }) === undefined;
}
