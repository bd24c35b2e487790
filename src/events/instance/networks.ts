/** The rules for an instance's place in a network, and what becomes of it in its state. */
import type { Interface, Joined, NetworkConfiguration, RefusedAttempt } from "../../model/network.ts";
import { defaultNetwork, formatInterfaces, interfacesMax, readInterfaces } from "../../model/network-word.ts";
import { defaultSubnet } from "../../model/subnet.ts";
import { Rejected } from "../decider.ts";
import type { InstanceEvent } from "./events.ts";
import type { InstanceFact } from "./evolve.ts";
import type { NetworkChange, NetworkOfNew } from "./network-commands.ts";
import { intentOf, refuseBusy, refuseDeleted, refuseSuspended, type Surroundings } from "./refusals.ts";
import type { InstanceState } from "./state.ts";

type Fact<Type extends InstanceFact["type"]> = Extract<InstanceFact, { type: Type }>;

/** Attempts that were refused, as they are told when somebody asks why. */
export interface Refused {
  /** Since the first event. */
  readonly total: number;
  readonly at: string;
  /** Those of the newest event. */
  readonly attempts: readonly RefusedAttempt[];
}

/** The network of an instance, whether it was chosen or not. */
export const joinedOf = ({ network }: Pick<InstanceState, "network">): Joined =>
  network ?? { name: defaultNetwork, attachment: "user", subnet: defaultSubnet };

export function decideCable(
  command: Extract<NetworkChange, { type: "detach-network" | "attach-network" }>,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  const isDetached = command.type === "detach-network";
  // Who cuts off a machine that does harm does not wait for what is under way; that goes on, and waits for nothing inside any more.
  if (!isDetached) refuseBusy(state);
  if ((state.detached !== undefined) === isDetached) return [];
  const type = isDetached ? "instance.network-detached" : "instance.network-attached";
  return [{ type, version: 1, data: intentOf(command, around) }];
}

/** By the daemon. */
export function decideRefused({
  attempts,
  others,
}: Extract<NetworkChange, { type: "network-refused" }>): InstanceEvent[] {
  if (attempts.length === 0) return [];
  const data = { attempts: [...attempts], ...(others !== undefined && { others }) };
  return [{ type: "instance.network-refused", version: 1, data }];
}

/** What a new instance gets of networks, as its first event has it. Throws `mac-in-use`, and as `placeIn`. */
export function networkOfNew(
  { place, allowNet, interfaces = [] }: NetworkOfNew = { place: { attachment: "user" } },
  mac: string,
  around: Surroundings,
) {
  refuseMacs([mac, ...interfaces.map((each) => each.mac)], around);
  const isOpen = allowNet === undefined || allowNet === "all";
  return {
    ...around.place(place),
    ...networkConfigurationOf({ ...(!isOpen && { allowNet }), interfaces }),
  };
}

type Intent = ReturnType<typeof intentOf>;

export function decideAllowNet(value: string, { allowNet = "all" }: InstanceState, intent: Intent): InstanceEvent[] {
  if (value === allowNet) return [];
  const data = { ...intent, key: "allow-net" as const, value, before: allowNet };
  return [{ type: "instance.configured", version: 1, data }];
}

/** Cards come and go while it is off: saved memory depends on them. */
export function decideInterfaces(
  value: string,
  state: InstanceState,
  around: Surroundings,
  intent: Intent,
): InstanceEvent[] {
  const { interfaces = [], name } = state;
  const before = formatInterfaces(interfaces);
  if (value === before) return [];
  refuseSuspended(state);
  if (state.power === "running")
    throw new Rejected("instance-running", `"${name}" gets no other network card while it runs`, {
      hints: [["next", `strata stop ${name}`]],
    });
  const wanted = readInterfaces(value);
  if (wanted.length > interfacesMax) throw tooManyInterfaces(name);
  const added = wanted.filter(({ mac }) => !interfaces.some((each) => each.mac === mac));
  refuseMacs(
    added.map(({ mac }) => mac),
    around,
  );
  return [{ type: "instance.configured", version: 1, data: { ...intent, key: "interfaces", value, before } }];
}

const tooManyInterfaces = (name: string): Rejected =>
  new Rejected("interfaces-too-many", `"${name}" cannot have more than ${interfacesMax} network cards besides its own`);

/** Throws `mac-in-use` for one that another card has. */
function refuseMacs(macs: readonly string[], { holdsMac }: Surroundings): void {
  const taken = macs.find((mac, index) => holdsMac(mac) || macs.indexOf(mac) < index);
  if (taken !== undefined) throw new Rejected("mac-in-use", `the hardware address ${taken} is in use`);
}

/** Of a point, or of a new instance: what is not said stays away. */
export const networkConfigurationOf = ({
  allowNet,
  interfaces,
}: {
  readonly allowNet?: string | undefined;
  readonly interfaces?: readonly Interface[] | undefined;
}): { allowNet?: string; interfaces?: Interface[] } => ({
  ...(allowNet !== undefined && { allowNet }),
  ...(interfaces !== undefined && interfaces.length > 0 && { interfaces: [...interfaces] }),
});

/** The state with another configuration; undefined: none was recorded, and it stays as it is. */
export function withNetworkConfiguration(
  state: InstanceState,
  configuration: NetworkConfiguration | undefined,
): InstanceState {
  if (configuration === undefined) return state;
  const { allowNet: _, interfaces: __, ...rest } = state;
  const { allowNet, interfaces } = networkConfigurationOf(configuration);
  return { ...rest, ...(allowNet !== undefined && { allowNet }), ...(interfaces && { interfaces }) };
}

export function evolveCable(
  state: InstanceState,
  fact: Fact<"instance.network-detached" | "instance.network-attached">,
): InstanceState {
  const { detached: _, ...attached } = state;
  // Until somebody has come in again, nobody knows whether it answers.
  const silent = { ...attached, reachable: false };
  return fact.type === "instance.network-detached" ? { ...silent, detached: { at: fact.time } } : silent;
}

export function evolveRefused(state: InstanceState, fact: Fact<"instance.network-refused">): InstanceState {
  const { attempts, others = 0 } = fact.data;
  const total = attempts.reduce((sum, { count }) => sum + count, others + (state.refused?.total ?? 0));
  return { ...state, refused: { total, at: fact.time, attempts } };
}

/** The new value of `allow-net` or `interfaces`. */
export function networkConfigured(state: InstanceState, key: "allow-net" | "interfaces", value: string): InstanceState {
  const now = networkConfigurationOf(state);
  if (key === "interfaces") return withNetworkConfiguration(state, { ...now, interfaces: readInterfaces(value) });
  const { allowNet: _, ...rest } = now;
  return withNetworkConfiguration(state, value === "all" ? rest : { ...rest, allowNet: value });
}

/** An operation that begins while nobody gets in knows of it. */
export function marked(state: InstanceState): InstanceState {
  const { pending, detached } = state;
  if (!pending || !detached || pending.isDetached) return state;
  return { ...state, pending: { ...pending, isDetached: true } };
}
