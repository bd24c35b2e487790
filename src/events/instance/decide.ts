/** The rules of an instance: which events a command yields. Refusals come first; a repeat yields nothing. */
import { Rejected } from "../decider.ts";
import type { InstanceCommand } from "./commands.ts";
import { decideConfigure, decideRename } from "./decide-configuration.ts";
import { decideObserved } from "./decide-observed.ts";
import { decideConclusion, decideOutcome, decideStepFailed } from "./decide-outcome.ts";
import {
  decideConfigurePoint,
  decideDrop,
  decideHold,
  decideRemovePoint,
  decideRestore,
  decideSnapshot,
  pointByTheWay,
} from "./decide-points.ts";
import { decideFork } from "./decide-fork.ts";
import { checkMounts, decideMount, decideObservedMount, decideUnmount } from "./decide-mounts.ts";
import { decideImport } from "./decide-import.ts";
import { decideAddForward, decideForwardObserved, decideRemoveForward } from "./forwards.ts";
import { decideAuthorizeKey } from "./keys.ts";
import { calledOff, decideStopLater, decideStopNever } from "./decide-later.ts";
import type { InstanceEvent } from "./events.ts";
import { decideCable, decideRefused, networkOfNew } from "./networks.ts";
import {
  intentOf,
  notRunning,
  refuseBusy,
  refuseDeleted,
  refuseDetached,
  refuseHeld,
  refuseSuspended,
  type Surroundings,
} from "./refusals.ts";
import type { InstanceState } from "./state.ts";

type Command<Type extends InstanceCommand["type"]> = Extract<InstanceCommand, { type: Type }>;

export function decideInstance(
  command: InstanceCommand,
  state: InstanceState | undefined,
  around: Surroundings,
): InstanceEvent[] {
  if (command.type === "launch") return decideLaunch(command, state, around);
  if (command.type === "fork") return decideFork(command, state, around);
  if (command.type === "import") return decideImport(command, state, around);
  if (!state) throw new Rejected("instance-not-found", `there is no instance with the id ${command.id}`);
  switch (command.type) {
    case "start":
      return decideStart(command, state, around);
    case "stop":
    case "restart":
      return decideStopOrRestart(command, state, around);
    case "stop-later":
      return decideStopLater(command, state, around);
    case "stop-never":
      return decideStopNever(command, state, around);
    case "suspend":
      return decideSuspend(command, state, around);
    case "mount":
      return decideMount(command, state, around);
    case "unmount":
      return decideUnmount(command, state, around);
    case "observe-mount":
      return decideObservedMount(command, state);
    case "rename":
      return decideRename(command, state, around);
    case "configure":
      return decideConfigure(command, state, around);
    case "delete":
      return decideDelete(command, state, around);
    case "recover":
      return decideRecover(command, state, around);
    case "purge":
      return decidePurge(command, state, around);
    case "snapshot":
      return decideSnapshot(command, state, around);
    case "restore":
      return decideRestore(command, state, around);
    case "detach-network":
    case "attach-network":
      return decideCable(command, state, around);
    case "network-refused":
      return decideRefused(command);
    case "delete-snapshot":
      return decideDrop(command, state, around);
    case "hold":
    case "release":
      return decideHold(command, state, around);
    case "configure-point":
      return decideConfigurePoint(command, state, around);
    case "remove-point":
      return decideRemovePoint(command, state);
    case "cancel":
      return decideCancel(command, state);
    case "step-succeeded":
      return decideOutcome(command, state);
    case "step-failed":
      return decideStepFailed(command, state);
    case "conclude":
      return decideConclusion(command, state);
    case "add-forward":
      return decideAddForward(command, state, around);
    case "remove-forward":
      return decideRemoveForward(command, state, around);
    case "forward-observed":
      return decideForwardObserved(command, state);
    case "authorize-key":
      return decideAuthorizeKey(command, state);
    case "session-start":
    case "session-end":
      return decideSession(command, state);
    default:
      return decideObserved(command, state);
  }
}

function decideLaunch(
  command: Command<"launch">,
  state: InstanceState | undefined,
  around: Surroundings,
): InstanceEvent[] {
  if (state) return [];
  refuseHeld(command.name, around);
  const { name, image, specs, mac, layer, user, cloudInit, labels, mounts, endsAt, ephemeral, joins } = command;
  if (mounts) checkMounts(mounts, { name, user }, around);
  const data = {
    ...intentOf(command, around),
    name,
    ordinal: around.nextOrdinal,
    image,
    specs,
    mac,
    ...networkOfNew(joins, mac, around),
    layer,
    user,
    ...(cloudInit === undefined ? {} : { cloudInit }),
    ...(labels === undefined ? {} : { labels }),
    ...(mounts && mounts.length > 0 && { mounts: [...mounts] }),
    ...(endsAt === undefined ? {} : { endsAt }),
    ...(ephemeral ? { ephemeral } : {}),
  };
  return [{ type: "instance.launch-requested", version: 1, data }];
}

function decideStart(command: Command<"start">, state: InstanceState, around: Surroundings): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  // Whoever starts it wants it to run on.
  if (state.power === "running" && state.reachable) return calledOff(command, state, around, "start");
  return [{ type: "instance.start-requested", version: 1, data: intentOf(command, around) }];
}

function decideStopOrRestart(
  command: Command<"stop" | "restart">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  if (command.type === "restart" || !command.force) refuseSuspended(state);
  const isOff = state.power !== "running" && state.power !== "suspended";
  if (command.type === "restart" && isOff) throw notRunning(state);
  if (isOff) return [];
  // What loses its power is no state that one would want back.
  const point = command.force ? {} : pointByTheWay(command, state);
  const data = { ...intentOf(command, around), force: command.force, ...point };
  if (command.type === "stop") return [{ type: "instance.stop-requested", version: 1, data }];
  return [{ type: "instance.restart-requested", version: 1, data }];
}

function decideSuspend(command: Command<"suspend">, state: InstanceState, around: Surroundings): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  if (state.power === "suspended") return [];
  if (state.power !== "running") throw notRunning(state);
  return [{ type: "instance.suspend-requested", version: 1, data: intentOf(command, around) }];
}

function decideDelete(command: Command<"delete">, state: InstanceState, around: Surroundings): InstanceEvent[] {
  if (state.deleted) return [];
  refuseBusy(state);
  const { expires } = command;
  const isRunning = state.power === "running";
  const requested: InstanceEvent = {
    type: "instance.delete-requested",
    version: 1,
    data: { ...intentOf(command, around), expires, ...(isRunning && pointByTheWay(command, state)) },
  };
  return isRunning ? [requested] : [requested, { type: "instance.deleted", version: 1, data: { expires } }];
}

function decideRecover(command: Command<"recover">, state: InstanceState, around: Surroundings): InstanceEvent[] {
  refuseBusy(state);
  return state.deleted ? [{ type: "instance.recovered", version: 1, data: intentOf(command, around) }] : [];
}

function decidePurge(command: Command<"purge">, state: InstanceState, around: Surroundings): InstanceEvent[] {
  refuseBusy(state);
  if (!state.deleted && !command.live) {
    throw new Rejected("instance-not-deleted", `instance "${state.name}" is not deleted, so it is not purged`, {
      hints: [["next", `strata delete --purge ${state.name}`]],
    });
  }
  return [{ type: "instance.purge-requested", version: 1, data: intentOf(command, around) }];
}

function decideCancel(command: Command<"cancel">, state: InstanceState): InstanceEvent[] {
  const { pending } = state;
  if (pending?.id !== command.operation) {
    throw new Rejected("operation-ended", `operation ${command.operation} has ended already`, {
      hints: [["next", `strata history ${state.name}`]],
    });
  }
  if (pending.kind === "purge")
    throw new Rejected("not-cancellable", `a purge under way cannot be cancelled (operation ${pending.number})`);
  if (pending.cancelled || pending.abandoned) return [];
  return [{ type: "instance.cancel-requested", version: 1, data: { operation: pending.id, kind: pending.kind } }];
}

function decideSession(command: Command<"session-start" | "session-end">, state: InstanceState): InstanceEvent[] {
  const { session } = command;
  if (command.type === "session-end") {
    return session in state.sessions
      ? [{ type: "instance.session-ended", version: 1, data: { session, result: command.result } }]
      : [];
  }
  refuseDeleted(state);
  if (state.power !== "running") throw notRunning(state);
  refuseDetached(state);
  const { kind, program, terminal } = command;
  const data = { session, kind, ...(program === undefined ? {} : { program }), arguments: command.arguments, terminal };
  return [{ type: "instance.session-started", version: 1, data }];
}
