/** The rules of an instance: which events a command yields. Refusals come first; a repeat yields nothing. */
import { unreachable } from "../../errors.ts";
import { Rejected } from "../decider.ts";
import type { InstanceCommand, Opening } from "./commands.ts";
import { decideOutcome, decideStepFailed } from "./decide-outcome.ts";
import type { InstanceEvent } from "./events.ts";
import { type InstanceState, nextStep } from "./state.ts";

/** What the rules may ask about everything else. */
export interface Surroundings {
  /** The number that the next operation gets. */
  readonly nextNumber: number;
  readonly nextOrdinal: number;
  /** The instance that holds a name; deleted ones hold theirs until purged. */
  holderOf(name: string): InstanceState | undefined;
  holdsMac(mac: string): boolean;
  /** A guest address that no instance holds. */
  freeAddress(): string;
}

type Command<Type extends InstanceCommand["type"]> = Extract<InstanceCommand, { type: Type }>;

export function decideInstance(
  command: InstanceCommand,
  state: InstanceState | undefined,
  around: Surroundings,
): InstanceEvent[] {
  if (command.type === "launch") return decideLaunch(command, state, around);
  if (!state) throw new Rejected("instance-not-found", `there is no instance with the id ${command.id}`);
  switch (command.type) {
    case "start":
      return decideStart(command, state, around);
    case "stop":
    case "restart":
      return decideStopOrRestart(command, state, around);
    case "delete":
      return decideDelete(command, state, around);
    case "recover":
      return decideRecover(command, state, around);
    case "purge":
      return decidePurge(command, state, around);
    case "cancel":
      return decideCancel(command, state);
    case "step-succeeded":
      return decideOutcome(command, state);
    case "step-failed":
      return decideStepFailed(command, state);
    case "session-start":
    case "session-end":
      return decideSession(command, state);
    default:
      return decideObserved(command, state);
  }
}

const intentOf = (command: Opening, around: Surroundings) => ({
  number: around.nextNumber,
  deadline: command.deadline,
});

function refuseBusy(state: InstanceState): void {
  const pending = state.pending;
  if (!pending) return;
  throw new Rejected(
    "operation-pending",
    `"${state.name}" is busy: operation ${pending.number} (${pending.kind}) is under way`,
    {
      hints: [["next", `strata cancel ${pending.number}`]],
    },
  );
}

function refuseDeleted(state: InstanceState): void {
  if (!state.deleted) return;
  throw new Rejected("instance-deleted", `instance "${state.name}" is deleted`, {
    hints: [
      ["next", `strata recover ${state.name}`],
      ["or", `strata purge ${state.name}`],
    ],
  });
}

function decideLaunch(
  command: Command<"launch">,
  state: InstanceState | undefined,
  around: Surroundings,
): InstanceEvent[] {
  if (state) return [];
  const holder = around.holderOf(command.name);
  if (holder) {
    const { name } = command;
    const next = holder.deleted
      ? ([
          ["next", `strata recover ${name}`],
          ["or", `strata purge ${name}`],
        ] as const)
      : ([["next", `strata info ${name}`]] as const);
    throw new Rejected(
      "instance-exists",
      `instance "${name}" already exists${holder.deleted ? ", in the trash" : ""}`,
      { hints: next },
    );
  }
  if (around.holdsMac(command.mac)) throw new Rejected("mac-in-use", `the hardware address ${command.mac} is in use`);
  const { name, image, specs, mac, layer, user } = command;
  const data = {
    ...intentOf(command, around),
    name,
    ordinal: around.nextOrdinal,
    image,
    specs,
    mac,
    address: around.freeAddress(),
    layer,
    user,
  };
  return [{ type: "instance.launch-requested", version: 1, data }];
}

function decideStart(command: Command<"start">, state: InstanceState, around: Surroundings): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  if (state.power === "running" && state.reachable) return [];
  return [{ type: "instance.start-requested", version: 1, data: intentOf(command, around) }];
}

function decideStopOrRestart(
  command: Command<"stop" | "restart">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  const isOff = state.power !== "running" && state.power !== "suspended";
  if (command.type === "restart" && isOff) {
    throw new Rejected("instance-not-running", `instance "${state.name}" is not running`, {
      hints: [["next", `strata start ${state.name}`]],
    });
  }
  if (isOff) return [];
  const data = { ...intentOf(command, around), force: command.force };
  if (command.type === "stop") return [{ type: "instance.stop-requested", version: 1, data }];
  return [{ type: "instance.restart-requested", version: 1, data }];
}

function decideDelete(command: Command<"delete">, state: InstanceState, around: Surroundings): InstanceEvent[] {
  if (state.deleted) return [];
  refuseBusy(state);
  const { expires } = command;
  const requested: InstanceEvent = {
    type: "instance.delete-requested",
    version: 1,
    data: { ...intentOf(command, around), expires },
  };
  if (state.power === "running" || state.power === "suspended") return [requested];
  return [requested, { type: "instance.deleted", version: 1, data: { expires } }];
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
  if (state.power !== "running") {
    throw new Rejected("instance-not-running", `instance "${state.name}" is not running`, {
      hints: [["next", `strata start ${state.name}`]],
    });
  }
  const { kind, program, terminal } = command;
  const data = { session, kind, ...(program === undefined ? {} : { program }), arguments: command.arguments, terminal };
  return [{ type: "instance.session-started", version: 1, data }];
}

type Observation = Extract<InstanceCommand, { type: `observe-${string}` }>;

/** A step that changes the power tells of it by its own outcome. */
function isPowerOwned(state: InstanceState): boolean {
  const step = state.pending && nextStep(state.pending);
  return step === "boot" || step === "stop" || step === "destroy";
}

/** What reality did by itself. */
function decideObserved(command: Observation, state: InstanceState): InstanceEvent[] {
  switch (command.type) {
    case "observe-ended": {
      const { cause, detail } = command;
      if ((state.power !== "running" && state.power !== "suspended") || isPowerOwned(state)) return [];
      return [{ type: "instance.stopped", version: 1, data: { cause, ...(detail === undefined ? {} : { detail }) } }];
    }
    case "observe-running": {
      if (state.pending || state.power === "running") return [];
      const { ssh, accelerator, cpu, build } = command;
      return [{ type: "instance.booted", version: 1, data: { ssh, accelerator, cpu, build, adopted: true } }];
    }
    case "observe-reachable":
      return state.pending || state.power !== "running" || state.reachable
        ? []
        : [{ type: "instance.reachable", version: 1, data: {} }];
    case "observe-reset":
      return state.power === "running" ? [{ type: "instance.reset", version: 1, data: {} }] : [];
    case "observe-panic":
      return state.power === "running" ? [{ type: "instance.panicked", version: 1, data: {} }] : [];
    case "observe-paused":
      return state.power === "running"
        ? [{ type: "instance.paused", version: 1, data: { reason: command.reason } }]
        : [];
    default:
      return unreachable(command);
  }
}
