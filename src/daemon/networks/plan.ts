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
import type { BridgedPlan, NetworkPlan, NetworkWanted, PortPlan } from "../../networks/network.ts";

/** The account that an instance's machine runs under, where that is not ours. */
export type OwnerOf = (state: InstanceState) => number | undefined;

/** Of the instances that are connected so, those that run or are about to; and the networks that these are in, by name. */
export function planNetworks(
  world: Pick<World, "networks" | "instances">,
  attachment: Attachment,
  ownerOf: OwnerOf = () => undefined,
): NetworkWanted {
  const live = [...world.instances.values()].filter((state) => state.power === "running" || isStarting(state));
  const members = live.filter((state) => joinedOf(state).attachment === attachment);
  const names = new Set(members.map((state) => joinedOf(state).name));
  const networks = networksFor(world, attachment).filter(({ name }) => names.has(name));
  const ports = members.map((state) => portOf(state, ownerOf)).sort((a, b) => (a.instance < b.instance ? -1 : 1));
  const bridged = attachment === "bridge" ? live.flatMap((state) => cardsOf(state, ownerOf)) : [];
  return { networks, ports, ...(bridged.length > 0 && { bridged }) };
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

const owned = (state: InstanceState, ownerOf: OwnerOf) => {
  const owner = ownerOf(state);
  return owner === undefined ? {} : { owner };
};

/** Whatever its own network is. */
function cardsOf(state: InstanceState, ownerOf: OwnerOf): BridgedPlan[] {
  const { id, interfaces = [], detached } = state;
  return interfaces.map(({ network, mac }, index) => ({
    instance: id,
    card: index + 1,
    mac,
    interface: network,
    isUp: detached === undefined,
    ...owned(state, ownerOf),
  }));
}

function portOf(state: InstanceState, ownerOf: OwnerOf): PortPlan {
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
    ...owned(state, ownerOf),
  };
}
