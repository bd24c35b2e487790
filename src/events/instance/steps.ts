/** Which steps an operation owes, and what it owes when it is given up: pure, so that a crash resumes by asking again. */
import type { OperationKind, Step } from "../../model/operation.ts";
import type { PendingOperation, PendingRestore } from "./state.ts";

const starting: readonly Step[] = ["boot", "reachable"];
/** A guest that goes on from saved memory has the time of then. */
const resuming: readonly Step[] = [...starting, "clock"];

/** A fork that goes on from memory is told who it is, and the time, before anybody can talk to it. */
const becoming: readonly Step[] = ["disk", "boot", "identity", "reachable"];

const steps: Record<Exclude<OperationKind, "restore" | "fork">, readonly Step[]> = {
  launch: ["image", "disk", "boot", "reachable", "cloud-init"],
  import: ["disk"],
  start: starting,
  stop: ["stop"],
  "stop-later": [],
  "stop-never": [],
  suspend: ["suspend"],
  rename: [],
  mount: ["mount"],
  umount: ["unmount"],
  restart: ["stop", ...starting],
  delete: ["stop"],
  recover: [],
  purge: ["stop", "destroy"],
  set: ["resize"],
  snapshot: ["freeze"],
  "delete-snapshot": [],
  "network-create": [],
  "network-delete": [],
  detach: [],
  attach: [],
  hold: [],
  release: [],
  forward: [],
  unforward: [],
  rollback: [],
};

/** What is owed when an operation is given up, so that nothing half-made stays. */
const takingBack: Partial<Record<OperationKind, readonly Step[]>> = {
  launch: ["destroy"],
  fork: ["destroy"],
  import: ["destroy"],
  start: ["stop"],
  restart: ["stop"],
};

/** The present is kept or ended; then the disk is another, and the machine runs again if it did. */
function restoring({ to, keeps, isRunning }: PendingRestore): readonly Step[] {
  return [
    ...(isRunning ? [keeps ? ("suspend" as const) : ("stop" as const)] : []),
    ...(keeps ? ["freeze" as const] : []),
    "rewind",
    ...(to.kept ? resuming : isRunning ? starting : []),
  ];
}

/** What somebody has to get in for. */
const inside: readonly Step[] = ["reachable", "cloud-init", "clock"];

/** What starts an instance with mounts waits for them at its end. */
function owed(operation: PendingOperation): readonly Step[] {
  const steps = before(operation);
  if (operation.isDetached) return steps.filter((step) => !inside.includes(step));
  const isStarted = operation.mounts && !operation.abandoned && steps.includes("reachable");
  return isStarted ? [...steps, "mounts"] : steps;
}

function before({ kind, abandoned, resumes, restore, starts, wanted, warm }: PendingOperation): readonly Step[] {
  if (abandoned) return restore ? ["boot"] : (takingBack[kind] ?? []);
  if (restore) return restoring(restore);
  if (kind === "fork") return warm ? becoming : starts ? ["disk", ...starting, "cloud-init"] : ["disk"];
  if (kind === "restore") return [];
  if (kind === "set" && wanted) return ["freeze", ...steps.set];
  return resumes ? resuming : steps[kind];
}

/** Does giving up this operation owe work? A resume leaves the memory where it is, or the machine running. */
export function owesTakingBack({ kind, resumes, restore, done }: PendingOperation): boolean {
  // Before its disk is another one, a machine that ran goes on where it was.
  if (restore)
    return restore.isRunning && !done.includes("rewind") && (done.includes("suspend") || done.includes("stop"));
  return takingBack[kind] !== undefined && resumes !== true;
}

/** Does a fork boot, since it cannot go on from the memory? A guest that answers to its own name is left as it is. */
export const givesUpMemory = ({ kind, warm, abandoned }: PendingOperation, failed: Step): boolean =>
  kind === "fork" && warm !== undefined && abandoned === undefined && failed !== "reachable";

/** The step that a pending operation owes next; nothing when only its outcome is missing. */
export function nextStep(operation: PendingOperation): Step | undefined {
  return owed(operation).find((step) => !operation.done.includes(step));
}

/** Is `step` the last one of what the operation owes? */
export function isLastStep(operation: PendingOperation, step: Step): boolean {
  return nextStep({ ...operation, done: [...operation.done, step] }) === undefined;
}
