/** What there is of networks, as it is shown: of an instance, of one network, and who had which address when. */
import type {
  AddressView,
  InstanceNetwork,
  Interface,
  Joined,
  NetworkView,
  RefusedAttempt,
} from "../../model/network.ts";
import { formatInterfaces } from "../../model/network-word.ts";
import { readAddress } from "../../model/subnet.ts";
import { joinedOf } from "../instance/networks.ts";
import type { InstanceState } from "../instance/state.ts";
import { allNetworks, membersOf, type NetworkState } from "../network/network.ts";
import type { World } from "../world.ts";
import { viewInstance } from "./instances.ts";

/** Destinations that one line names. */
const namedMax = 3;

export function networkViewOf(state: InstanceState): { readonly network: InstanceNetwork } {
  const { address, mac, allowNet = "all", interfaces = [], detached, refused } = state;
  const { name, attachment, isStatic = false } = joinedOf(state);
  const attempts = refused && { refused: { ...refused, attempts: [...refused.attempts] } };
  const isDetached = detached !== undefined;
  return {
    network: {
      name,
      attachment,
      address,
      mac,
      isStatic,
      allowNet,
      interfaces: [...interfaces],
      isDetached,
      ...attempts,
    },
  };
}

export const viewNetworks = ({ networks, instances }: World): NetworkView[] =>
  allNetworks(networks).map((network) => viewNetwork(network, instances.values()));

export function viewNetwork(network: NetworkState, instances: Iterable<InstanceState>): NetworkView {
  const { name, kind, subnet, createdAt } = network;
  const members = membersOf(instances, name).length;
  return { name, kind, subnet, ...(createdAt !== undefined && { createdAt }), instances: members };
}

/** In the order of the addresses. */
export function viewAddresses(network: string, instances: Iterable<InstanceState>): AddressView[] {
  return membersOf(instances, network)
    .sort((a, b) => (readAddress(a.address) ?? 0) - (readAddress(b.address) ?? 0))
    .map((state) => {
      const { attachment, isStatic = false } = joinedOf(state);
      const { address, mac, name: instance, detached } = state;
      const isDetached = detached !== undefined;
      return { address, instance, mac, state: viewInstance(state).state, attachment, isStatic, isDetached };
    });
}

/** `example.org tcp 443`, with how often where that is more than once. */
function attemptWords({ destination, protocol, port, count }: RefusedAttempt): string {
  const to = [destination, protocol, ...(port === undefined ? [] : [port])].join(" ");
  return count === 1 ? to : `${to}, ${count} times`;
}

function attemptsWords(attempts: readonly RefusedAttempt[], others: number): string {
  const hasMore = attempts.length > namedMax || others > 0;
  return [...attempts.slice(0, namedMax).map(attemptWords), ...(hasMore ? ["more"] : [])].join("; ");
}

/** What history says; the instance's name follows. */
export function refusedWords(data: Readonly<Record<string, unknown>>): string {
  const { attempts, others = 0 } = data as { attempts: RefusedAttempt[]; others?: number };
  const count = attempts.reduce((sum, each) => sum + each.count, others);
  return `not let out ${count === 1 ? "once" : `${count} times`} (${attemptsWords(attempts, others)}):`;
}

/** What explain says beside the state. */
export function networkFacts(state: InstanceState): [string, string | undefined][] {
  const { address, allowNet, interfaces = [], detached, refused } = state;
  const { name, attachment } = joinedOf(state);
  return [
    ["network", `${name}, ${address}${attachment === "bridge" ? ", on a bridge" : ""}`],
    ["allow-net", allowNet],
    ["interfaces", interfaces.length === 0 ? undefined : formatInterfaces(interfaces)],
    ["detached", detached?.at],
    ["not let out", refused && `${refused.total} times, last ${refused.at}: ${attemptsWords(refused.attempts, 0)}`],
  ];
}

/** Of the event that makes an instance. */
export interface NetworkFacts {
  readonly network?: Joined;
  readonly address?: string;
  readonly allowNet?: string;
  readonly interfaces?: readonly Interface[];
}

/** Keys of its configuration, where they say more than what is so of every instance. */
export function networkValues({ network, allowNet, interfaces, address }: NetworkFacts): Record<string, string> {
  return {
    ...(network && { network: network.name }),
    ...(network?.isStatic && address !== undefined && { ip: address }),
    ...(allowNet !== undefined && { "allow-net": allowNet }),
    ...(interfaces && { interfaces: formatInterfaces(interfaces) }),
  };
}
