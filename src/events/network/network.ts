/** A network: its rules and its fold. */
import { exitCodes } from "../../errors.ts";
import { nearest } from "../../model/name.ts";
import type { NetworkKind } from "../../model/network.ts";
import { defaultNetwork, parseNetworkName } from "../../model/network-word.ts";
import { defaultSubnet, overlap, parseSubnet, rangeOf } from "../../model/subnet.ts";
import { Rejected } from "../decider.ts";
import type { InstanceState } from "../instance/state.ts";
import type { NetworkEvent } from "./events.ts";

export interface NetworkState {
  readonly name: string;
  readonly kind: NetworkKind;
  readonly subnet: string;
  /** Absent: the one that is always there. */
  readonly createdAt?: string;
}

export type Networks = ReadonlyMap<string, NetworkState>;

interface Opens {
  readonly operation: string;
  readonly undoes?: number;
  readonly redoes?: number;
}

export type NetworkCommand =
  | (Opens & {
      readonly type: "create-network";
      readonly name: string;
      readonly kind: NetworkKind;
      /** Absent: one that is free. */
      readonly subnet?: string;
    })
  | (Opens & { readonly type: "delete-network"; readonly name: string });

/** What the rules ask about everything else. */
export interface NetworkSurroundings {
  readonly networks: Networks;
  readonly nextNumber: number;
  /** Those in the trash too. */
  readonly instances: Iterable<InstanceState>;
}

/** More are hardly wanted, and each is looked at in every round. */
const networksMax = 200;
/** Networks get a /24 of their own from 10.79.0.0 on, up to before 10.96.0.0. */
const ownFirst = 79;
const ownEnd = 96;

/** Always there, though nothing tells of it. */
export const builtIn: NetworkState = { name: defaultNetwork, kind: "nat", subnet: defaultSubnet };

/** Those of the user's making, behind the one that is always there. */
export const allNetworks = (networks: Networks): NetworkState[] => [
  builtIn,
  ...[...networks.values()].filter(({ name }) => name !== defaultNetwork),
];

/** Throws `network-not-found`. */
export function networkNamed(networks: Networks, name: string): NetworkState {
  const found = name === defaultNetwork ? builtIn : networks.get(name);
  if (found) return found;
  const meant = nearest(
    name,
    allNetworks(networks).map((each) => each.name),
  );
  throw new Rejected("network-not-found", `there is no network "${name}"`, {
    hints: [...(meant === undefined ? [] : [["did you mean", meant] as const]), ["next", "strata network list"]],
  });
}

export const membersOf = (instances: Iterable<InstanceState>, network: string): InstanceState[] =>
  [...instances].filter((each) => (each.network?.name ?? defaultNetwork) === network);

export function decideNetwork(command: NetworkCommand, around: NetworkSurroundings): NetworkEvent[] {
  const { undoes, redoes } = command;
  const marks = { ...(undoes !== undefined && { undoes }), ...(redoes !== undefined && { redoes }) };
  const data = command.type === "create-network" ? decideCreate(command, around) : decideDelete(command, around);
  if (!data) return [];
  const { name, kind, subnet } = data;
  const type = command.type === "create-network" ? "network.created" : "network.deleted";
  return [{ type, version: 1, data: { number: around.nextNumber, ...marks, name, kind, subnet } }];
}

type Create = Extract<NetworkCommand, { type: "create-network" }>;

/** The bridge of `default` is made so by the daemon; for everybody else that name is taken. */
function decideCreate(command: Create, { networks }: NetworkSurroundings): NetworkState | undefined {
  const { kind, subnet } = command;
  const name = parseNetworkName(command.name);
  const known = networks.get(name);
  if (known && known.kind === kind && (subnet === undefined || subnet === known.subnet)) return undefined;
  if (known || (name === defaultNetwork && subnet === undefined)) throw exists(name);
  if (networks.size >= networksMax)
    throw new Rejected("networks-too-many", `there are ${networks.size} networks; more are not kept`, {
      hints: [["next", "strata network list"]],
    });
  return { name, kind, subnet: subnet === undefined ? freeSubnet(networks) : checkedSubnet(networks, name, subnet) };
}

const exists = (name: string): Rejected =>
  new Rejected("network-exists", `the network "${name}" is there already`, {
    hints: [["next", `strata network show ${name}`]],
  });

/** Subnets that are ours: that of the machines' own networks, and those on record. */
const takenBy = (networks: Networks): NetworkState[] => [builtIn, ...networks.values()];

function checkedSubnet(networks: Networks, name: string, subnet: string): string {
  const wanted = rangeOf(parseSubnet(subnet));
  const holder = takenBy(networks).find((each) => each.name !== name && overlap(rangeOf(each.subnet), wanted));
  if (!holder) return subnet;
  throw new Rejected("subnet-taken", `${subnet} overlaps with ${holder.subnet} of the network "${holder.name}"`, {
    exit: exitCodes.usage,
    hints: [["did you mean", `--subnet ${freeSubnet(networks)}`]],
  });
}

/** The first /24 of our range that overlaps with none. */
function freeSubnet(networks: Networks): string {
  const taken = takenBy(networks).map(({ subnet }) => rangeOf(subnet));
  for (let number = ownFirst * 256; number < ownEnd * 256; number++) {
    const subnet = `10.${number >> 8}.${number & 255}.0/24`;
    if (!taken.some((each) => overlap(each, rangeOf(subnet)))) return subnet;
  }
  throw new Rejected("subnet-taken", "no subnet is free from 10.79.0.0 on", {
    hints: [["form", "--subnet 10.90.0.0/24"]],
  });
}

type Delete = Extract<NetworkCommand, { type: "delete-network" }>;

function decideDelete({ name }: Delete, { networks, instances }: NetworkSurroundings): NetworkState | undefined {
  const known = networkNamed(networks, name);
  if (name === defaultNetwork)
    throw new Rejected("network-built-in", `the network "${name}" is always there`, { exit: exitCodes.usage });
  const [member, ...more] = membersOf(instances, name);
  if (!member) return known;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  const where = member.deleted ? " (in the trash)" : "";
  throw new Rejected("network-in-use", `"${member.name}"${where}${others} is in the network "${name}"`, {
    hints: [
      ["next", `strata network show ${name}`],
      ["then", member.deleted ? `strata purge ${member.name}` : `strata delete --purge ${member.name}`],
    ],
  });
}

export function evolveNetwork(fact: NetworkEvent & { readonly time: string }): NetworkState | undefined {
  const { name, kind, subnet } = fact.data;
  return fact.type === "network.created" ? { name, kind, subnet, createdAt: fact.time } : undefined;
}
