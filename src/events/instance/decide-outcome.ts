/** The rules for what comes back from an effect: a step that is done, or one that failed, was cancelled or ran out of time. */
import { unreachable } from "../../errors.ts";
import type { InstanceCommand, StepResult } from "./commands.ts";
import { byTheWayOf, pointOf, rewoundTo } from "./decide-points.ts";
import { importedAs } from "./decide-import.ts";
import type { InstanceEvent } from "./events.ts";
import type { InstanceState, PendingOperation } from "./state.ts";
import { givesUpMemory, isLastStep, nextStep, owesTakingBack } from "./steps.ts";

type Succeeded = Extract<InstanceCommand, { type: "step-succeeded" }>;
type Concluded = Extract<InstanceCommand, { type: "conclude" }>;
type Failed = Extract<InstanceCommand, { type: "step-failed" }>;

/** The step's fact, and with the last step the outcome. An outcome that is no longer awaited yields nothing. */
export function decideOutcome(command: Succeeded, state: InstanceState): InstanceEvent[] {
  const { pending } = state;
  const { result } = command;
  if (pending?.id !== command.operation || nextStep(pending) !== result.step) return [];
  const fact = factOf(result, state);
  if (!isLastStep(pending, result.step)) return fact;
  return [...fact, ...conclusionOf(pending)];
}

/** Closes an operation that owes nothing any more, though no step of it has ended: its instance was detached meanwhile. */
export function decideConclusion({ operation }: Concluded, { pending }: InstanceState): InstanceEvent[] {
  return pending?.id === operation && nextStep(pending) === undefined ? conclusionOf(pending) : [];
}

const conclusionOf = (pending: PendingOperation): InstanceEvent[] =>
  pending.abandoned ? [failureOf(pending, pending.abandoned, false)] : outcomeOf(pending);

/** Gives the operation up: at once where nothing is owed, else after what it made is taken back. */
export function decideStepFailed(command: Failed, state: InstanceState): InstanceEvent[] {
  const { pending } = state;
  if (pending?.id !== command.operation || nextStep(pending) !== command.step) return [];
  const { step, code, reason, result } = command;
  const why = { step, code, reason, result };
  if (pending.abandoned) return [failureOf(pending, pending.abandoned, true)];
  if (step === "freeze" && pending.kind === "set" && result === "failed") return byTheWayOf({ code, reason }, state);
  if (result === "failed" && givesUpMemory(pending, step))
    return [{ type: "instance.memory-given-up", version: 1, data: why }];
  const takesBack = owesTakingBack(pending) && !isWorthKeeping(why, pending);
  if (takesBack) return [{ type: "instance.operation-abandoned", version: 1, data: why }];
  return [failureOf(pending, why, true)];
}

/** A machine that booted and does not answer is left for its user to look at, unless its user gave it up. */
function isWorthKeeping(why: { step: string; result: string }, pending: PendingOperation): boolean {
  if (why.result === "cancelled") return false;
  return (
    why.step === "reachable" ||
    why.step === "cloud-init" ||
    why.step === "mounts" ||
    (pending.kind === "restart" && why.step === "stop")
  );
}

function factOf(result: StepResult, state: InstanceState): InstanceEvent[] {
  switch (result.step) {
    case "image":
      return [
        {
          type: "instance.image-ready",
          version: 1,
          data: {
            name: result.name,
            title: result.title,
            sha256: result.sha256,
            ...(result.deadline !== undefined && { deadline: result.deadline }),
          },
        },
      ];
    case "disk":
      if (state.pending?.import) return importedAs(result, state.pending);
      return [
        {
          type: "instance.disk-created",
          version: 1,
          data: {
            layer: result.layer,
            ...(result.parent !== undefined && { parent: result.parent }),
            hardware: result.hardware,
            hostKey: result.hostKey,
          },
        },
      ];
    case "boot": {
      const { step: _, ...data } = result;
      return [{ type: "instance.booted", version: 1, data }];
    }
    case "identity":
      return [{ type: "instance.identified", version: 1, data: {} }];
    case "reachable":
      return [{ type: "instance.reachable", version: 1, data: {} }];
    case "clock": {
      const { behindSeconds, offSeconds } = result;
      return [{ type: "instance.clock-set", version: 1, data: { behindSeconds, offSeconds } }];
    }
    case "suspend": {
      const { memoryBytes, build } = result;
      return [{ type: "instance.suspended", version: 1, data: { memoryBytes, build } }];
    }
    case "resize": {
      const disk = state.pending?.disk ?? state.specs.disk;
      return [{ type: "instance.resized", version: 1, data: { disk, isGrown: result.isGrown } }];
    }
    case "cloud-init": {
      const { status, detail } = result;
      return [
        { type: "instance.provisioned", version: 1, data: { status, ...(detail === undefined ? {} : { detail }) } },
      ];
    }
    case "stop":
      return [
        ...byTheWayOf(result.point, state),
        {
          type: "instance.stopped",
          version: 1,
          data: { cause: state.power === "running" ? result.cause : (state.stopped?.cause ?? result.cause) },
        },
      ];
    case "freeze":
      return pointOf(result.frozen, state);
    case "mount":
      return state.pending?.mount
        ? [{ type: "instance.mount-added", version: 1, data: { mount: state.pending.mount } }]
        : [];
    case "unmount":
      return state.pending?.mount
        ? [{ type: "instance.mount-removed", version: 1, data: { target: state.pending.mount.target } }]
        : [];
    case "mounts":
      return [{ type: "instance.mounts-settled", version: 1, data: {} }];
    case "rewind":
      return rewoundTo(state);
    case "destroy":
      return [];
    default:
      return unreachable(result);
  }
}

/** What closes an operation that went well. An import, a stop, a suspend, a mount, a resize and a snapshot are closed by their own facts. */
function outcomeOf(pending: PendingOperation): InstanceEvent[] {
  switch (pending.kind) {
    case "launch":
      return [{ type: "instance.launched", version: 1, data: {} }];
    case "fork":
      return [{ type: "instance.forked", version: 1, data: {} }];
    case "start":
      return [{ type: "instance.started", version: 1, data: {} }];
    case "restart":
      return [{ type: "instance.restarted", version: 1, data: {} }];
    case "delete":
      return [{ type: "instance.deleted", version: 1, data: { expires: pending.expires ?? pending.deadline } }];
    case "purge":
      return [{ type: "instance.purged", version: 1, data: {} }];
    case "restore":
      return [{ type: "instance.restored", version: 1, data: {} }];
    case "import":
    case "stop":
    case "stop-later":
    case "stop-never":
    case "suspend":
    case "mount":
    case "umount":
    case "rename":
    case "recover":
    case "set":
    case "snapshot":
    case "delete-snapshot":
    case "hold":
    case "release":
    case "forward":
    case "unforward":
    case "rollback":
    case "network-create":
    case "network-delete":
    case "detach":
    case "attach":
      return [];
    default:
      return unreachable(pending.kind);
  }
}

type Why = NonNullable<PendingOperation["abandoned"]>;

function failureOf(pending: PendingOperation, why: Why, kept: boolean): InstanceEvent {
  const data = { step: why.step, code: why.code, reason: why.reason, result: why.result } as Extract<
    InstanceEvent,
    { type: "instance.start-failed" }
  >["data"];
  switch (pending.kind) {
    case "launch":
      return { type: "instance.launch-failed", version: 1, data: { ...data, kept } };
    case "fork":
      return { type: "instance.fork-failed", version: 1, data: { ...data, kept } };
    case "import":
      return { type: "instance.import-failed", version: 1, data: { ...data, kept } };
    case "start":
      return { type: "instance.start-failed", version: 1, data };
    case "stop":
      return { type: "instance.stop-failed", version: 1, data };
    case "restart":
      return { type: "instance.restart-failed", version: 1, data };
    case "delete":
      return { type: "instance.delete-failed", version: 1, data };
    case "suspend":
      return { type: "instance.suspend-failed", version: 1, data };
    case "set":
      return { type: "instance.resize-failed", version: 1, data };
    case "snapshot":
      return { type: "instance.snapshot-failed", version: 1, data };
    case "restore":
      return { type: "instance.restore-failed", version: 1, data };
    case "mount":
      return { type: "instance.mount-failed", version: 1, data };
    case "umount":
      return { type: "instance.unmount-failed", version: 1, data };
    case "purge":
    case "stop-later":
    case "stop-never":
    case "recover":
    case "rename":
    case "delete-snapshot":
    case "hold":
    case "release":
    case "forward":
    case "unforward":
    case "rollback":
    case "network-create":
    case "network-delete":
    case "detach":
    case "attach":
      return { type: "instance.purge-failed", version: 1, data };
    default:
      return unreachable(pending.kind);
  }
}
