/** The rules for what reality did by itself. */
import { unreachable } from "../../errors.ts";
import type { InstanceCommand } from "./commands.ts";
import type { InstanceEvent } from "./events.ts";
import type { InstanceState } from "./state.ts";
import { nextStep } from "./steps.ts";

type Observation = Exclude<Extract<InstanceCommand, { type: `observe-${string}` }>, { type: "observe-mount" }>;

/** A step that changes the power tells of it by its own outcome. */
function isPowerOwned(state: InstanceState): boolean {
  const step = state.pending && nextStep(state.pending);
  return step === "boot" || step === "stop" || step === "suspend" || step === "destroy" || step === "rewind";
}

/** An observation that is no news, or that a pending step will tell itself, yields nothing. */
export function decideObserved(command: Observation, state: InstanceState): InstanceEvent[] {
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
    case "observe-suspended": {
      if (state.pending || state.power !== "running") return [];
      const { memoryBytes, build } = command;
      return [{ type: "instance.suspended", version: 1, data: { memoryBytes, build } }];
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
      return state.power === "running" && !state.paused
        ? [{ type: "instance.paused", version: 1, data: { reason: command.reason } }]
        : [];
    case "observe-resumed":
      return state.paused ? [{ type: "instance.resumed", version: 1, data: {} }] : [];
    default:
      return unreachable(command);
  }
}
