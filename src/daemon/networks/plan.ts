/** What the log's state asks of the host's networks: who is where, and may speak to whom. Pure. */
import { servedPorts } from "../../events/instance/forwards.ts";
import { joinedOf } from "../../events/instance/networks.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { nextStep } from "../../events/instance/steps.ts";
import { allNetworks } from "../../events/network/network.ts";
import type { World } from "../../events/world.ts";
import { egressOf } from "../../model/allow-net.ts";
import type { Attachment } from "../../model/network.ts";
import { defaultNetwork } from "../../model/network-word.ts";
import type { NetworkPlan, NetworkWanted, PortPlan } from "../../networks/network.ts";

/** Of the instances that are connected so, those that run or are about to; and the networks that these are in, by name. */
export function planNetworks(world: Pick<World, "networks" | "instances">, attachment: Attachment): NetworkWanted {
  const members = [...world.instances.values()].filter(
    (state) => joinedOf(state).attachment === attachment && (state.power === "running" || isStarting(state)),
  );
  const names = new Set(members.map((state) => joinedOf(state).name));
  const networks = networksFor(world, attachment).filter(({ name }) => names.has(name));
  return { networks, ports: members.map(portOf).sort((a, b) => (a.instance < b.instance ? -1 : 1)) };
}

/** Its next step is the one that brings its machine up. */
export const isStarting = ({ pending }: InstanceState): boolean =>
  pending !== undefined && nextStep(pending) === "boot";

/** As machines that are connected so know them: a bridge has a subnet of its own for `default`. */
function networksFor({ networks }: Pick<World, "networks">, attachment: Attachment): NetworkPlan[] {
  const bridged = attachment === "bridge" ? networks.get(defaultNetwork) : undefined;
  return allNetworks(networks).map(({ name, kind, subnet }) => ({
    name,
    kind,
    subnet: bridged && name === defaultNetwork ? bridged.subnet : subnet,
  }));
}

function portOf(state: InstanceState): PortPlan {
  const { id, name, mac, address, allowNet, detached } = state;
  return {
    instance: id,
    name,
    network: joinedOf(state).name,
    mac,
    address,
    egress: egressOf(allowNet),
    isUp: detached === undefined,
    served: servedPorts(state),
  };
}
