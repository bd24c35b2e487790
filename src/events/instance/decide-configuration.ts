/** The rules for what an instance is called and made of. */
import { exitCodes } from "../../errors.ts";
import { labelOf, labelsMax, tooManyLabels } from "../../model/label.ts";
import { formatSize } from "../../model/size.ts";
import { Rejected } from "../decider.ts";
import type { InstanceCommand } from "./commands.ts";
import { pointByTheWay } from "./decide-points.ts";
import type { InstanceEvent } from "./events.ts";
import { decideAllowNet, decideInterfaces } from "./networks.ts";
import { intentOf, refuseBusy, refuseDeleted, refuseHeld, refuseSuspended, type Surroundings } from "./refusals.ts";
import type { InstanceState } from "./state.ts";

type Command<Type extends InstanceCommand["type"]> = Extract<InstanceCommand, { type: Type }>;

export function decideRename(command: Command<"rename">, state: InstanceState, around: Surroundings): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  const { name } = command;
  if (name === state.name) return [];
  refuseHeld(name, around);
  return [{ type: "instance.renamed", version: 1, data: { ...intentOf(command, around), name, before: state.name } }];
}

/** Memory and processors are those of the next start; a disk grows at once and never shrinks. */
export function decideConfigure(
  command: Command<"configure">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  refuseBusy(state);
  const intent = intentOf(command, around);
  if (command.key === "label") return decideLabel(command, state, intent);
  if (command.key === "autostart") {
    const { key, value } = command;
    const before = state.autostart ?? "last";
    return before === value
      ? []
      : [{ type: "instance.configured", version: 1, data: { ...intent, key, value, before } }];
  }
  if (command.key === "allow-net") return decideAllowNet(command.value, state, intent);
  if (command.key === "interfaces") return decideInterfaces(command.value, state, around, intent);
  const { key, value } = command;
  const before = state.specs[key];
  if (before === value) return [];
  refuseSuspended(state);
  if (key === "disk") {
    if (value < before) throw shrinking(state);
    const data = { ...intent, key, value, before, ...pointByTheWay(command, state) };
    return [{ type: "instance.resize-requested", version: 1, data }];
  }
  if (state.power === "running") {
    throw new Rejected("instance-running", `the ${key} of "${state.name}" cannot change while it runs`, {
      hints: [["next", `strata stop ${state.name}`]],
    });
  }
  return [{ type: "instance.configured", version: 1, data: { ...intent, key, value, before } }];
}

function decideLabel(
  { label, value }: Extract<Command<"configure">, { key: "label" }>,
  { labels = {} }: InstanceState,
  intent: ReturnType<typeof intentOf>,
): InstanceEvent[] {
  const before = labelOf(labels, label) ?? "";
  if (before === value) return [];
  if (before === "" && Object.keys(labels).length >= labelsMax) throw tooManyLabels();
  return [{ type: "instance.configured", version: 1, data: { ...intent, key: "label", label, value, before } }];
}

const shrinking = ({ name, specs }: InstanceState) =>
  new Rejected("disk-shrinks", `the disk of "${name}" can only grow`, {
    exit: exitCodes.usage,
    hints: [["form", `more than ${formatSize(specs.disk)}`]],
  });
