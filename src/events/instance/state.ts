/** The state of one instance as the log tells it, and the steps its pending operation owes. */
import type { Power, Specs, StopCause } from "../../model/instance.ts";
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
  readonly stopped?: { at: string; cause: StopCause; detail?: string };
  readonly deleted?: { at: string; expires: string };
  readonly pending?: PendingOperation;
  readonly lastFailure?: Failure & { operation: number; at: string };
  /** Open exec and shell sessions by id. */
  readonly sessions: Readonly<Record<string, string>>;
}

const steps: Record<OperationKind, readonly Step[]> = {
  launch: ["image", "disk", "boot", "reachable"],
  start: ["boot", "reachable"],
  stop: ["stop"],
  restart: ["stop", "boot", "reachable"],
  delete: ["stop"],
  recover: [],
  purge: ["stop", "destroy"],
  set: [],
};

/** What is owed when an operation is given up, so that nothing half-made stays. */
const takingBack: Partial<Record<OperationKind, readonly Step[]>> = {
  launch: ["destroy"],
  start: ["stop"],
  restart: ["stop"],
};

/** Does giving up this operation owe work? */
export const owesTakingBack = (kind: OperationKind): boolean => takingBack[kind] !== undefined;

/** The step that a pending operation owes next; nothing when only its outcome is missing. */
export function nextStep(operation: PendingOperation): Step | undefined {
  const plan = operation.abandoned ? (takingBack[operation.kind] ?? []) : steps[operation.kind];
  return plan.find((step) => !operation.done.includes(step));
}

/** Is `step` the last one of what the operation owes? */
export function isLastStep(operation: PendingOperation, step: Step): boolean {
  return nextStep({ ...operation, done: [...operation.done, step] }) === undefined;
}
