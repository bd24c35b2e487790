/** The planner's part about networks: those that come and go, and what instances have of them. Pure. */
import { defaultNetwork, formatInterfaces } from "../model/network-word.ts";
import type { InstanceState } from "./instance/state.ts";
import { membersOf } from "./network/network.ts";
import type { Inverse } from "./undo.ts";
import type { World } from "./world.ts";

interface Draft {
  readonly remains: string[];
}
type Add = (step: Inverse, line: string) => void;

/** Networks of then that are gone, and those that were not there yet. */
export function planNetworks({ remains }: Draft, add: Add, now: World, then: World): void {
  for (const [name, { kind, subnet }] of then.networks)
    if (!now.networks.has(name) && name !== defaultNetwork)
      add({ type: "create-network", name, kind, subnet }, `the network ${name} (${subnet}) is there again`);
  for (const [name] of now.networks) {
    if (then.networks.has(name) || name === defaultNetwork) continue;
    const [member] = membersOf(now.instances.values(), name);
    if (member) remains.push(`the network ${name} stays: ${member.name} is in it, if only in the trash`);
    else add({ type: "delete-network", name }, `the network ${name} is deleted: it was not there yet`);
  }
}

/** Where it may speak to, its cards, and whether it is detached. `state`: as the steps before leave it. */
export function planNetworkKeys({ remains }: Draft, add: Add, state: InstanceState, wanted: InstanceState): void {
  const { id, name } = state;
  const { allowNet: open = "all" } = wanted;
  if (open !== (state.allowNet ?? "all"))
    add({ type: "configure", id, key: "allow-net", value: open }, `allow-net of ${name} is ${open} again`);
  const cards = formatInterfaces(wanted.interfaces ?? []);
  if (cards !== formatInterfaces(state.interfaces ?? [])) {
    if (state.power === "running") remains.push(`the network cards of ${name} stay as they are: it runs`);
    else add({ type: "configure", id, key: "interfaces", value: cards }, `${name} has the network cards of then`);
  }
  if (wanted.detached && !state.detached)
    add({ type: "detach-network", id }, `${name} is detached from its network again`);
  if (!wanted.detached && state.detached) add({ type: "attach-network", id }, `${name} is on its network again`);
}
