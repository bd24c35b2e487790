/** The rules for forwarded ports, and what becomes of them in an instance's state. */
import { formatForward, formatHostPort, forwardsMax, isClash, isSamePort } from "../../model/forward.ts";
import type { Forward, HostPort } from "../../model/forward.ts";
import type { ForwardFailure } from "../../model/forward-view.ts";
import type { Point } from "../../model/point.ts";
import { Rejected } from "../decider.ts";
import type { ForwardCommand } from "./forward-commands.ts";
import type { InstanceEvent } from "./events.ts";
import type { InstanceFact } from "./evolve.ts";
import { intentOf, refuseDeleted, type Surroundings } from "./refusals.ts";
import type { InstanceState } from "./state.ts";

type Command<Type extends ForwardCommand["type"]> = Extract<ForwardCommand, { type: Type }>;
type Fact<Type extends InstanceFact["type"]> = Extract<InstanceFact, { type: Type }>;

/** A forward, and why it leads nowhere, while that is so. */
export interface ForwardState extends Forward {
  readonly failure?: ForwardFailure & { readonly at: string };
}

export const plain = ({ protocol, bind, host, guest }: Forward): Forward => ({ protocol, bind, host, guest });

/** What is under way with the instance does not stand in the way of either. */
export function decideAddForward(
  command: Command<"add-forward">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  refuseDeleted(state);
  const wanted = plain(command);
  const { forwards = [] } = state;
  const same = forwards.find((each) => isSamePort(each, wanted));
  if (same?.guest === wanted.guest) return [];
  const own = forwards.find((each) => isClash(each, wanted));
  const holder = own ? state : around.holderOfPort(wanted);
  if (holder) throw taken(wanted, holder);
  if (forwards.length >= forwardsMax)
    throw new Rejected("forwards-too-many", `"${state.name}" has ${forwards.length} forwards; more are not kept`, {
      hints: [["next", `strata forward list ${state.name}`]],
    });
  return [{ type: "instance.forward-added", version: 1, data: { ...intentOf(command, around), ...wanted } }];
}

/** The port that another forward has. */
function taken(wanted: Forward, holder: InstanceState): Rejected {
  const held = holder.forwards?.find((each) => isClash(each, wanted)) ?? wanted;
  const where = holder.deleted ? ", which is in the trash" : "";
  return new Rejected(
    "port-taken",
    `port ${formatHostPort(held)} is forwarded to port ${held.guest} of "${holder.name}"${where}`,
    {
      hints: [
        ["did you mean", formatForward({ ...wanted, host: 0 })],
        ["next", `strata forward remove ${holder.name} ${formatHostPort(held)}`],
      ],
    },
  );
}

/** Of an instance in the trash too: it holds the port. */
export function decideRemoveForward(
  command: Command<"remove-forward">,
  state: InstanceState,
  around: Surroundings,
): InstanceEvent[] {
  const found = state.forwards?.find((each) => isSamePort(each, command));
  if (!found) return [];
  return [{ type: "instance.forward-removed", version: 1, data: { ...intentOf(command, around), ...plain(found) } }];
}

/** Only what has changed is news; of a machine that does not run none is. */
export function decideForwardObserved(command: Command<"forward-observed">, state: InstanceState): InstanceEvent[] {
  const found = state.forwards?.find((each) => isSamePort(each, command));
  if (!found || state.power !== "running") return [];
  const { protocol, bind, host } = found;
  const { failure } = command;
  if (failure?.code === found.failure?.code && failure?.reason === found.failure?.reason) return [];
  return failure
    ? [{ type: "instance.forward-failed", version: 1, data: { protocol, bind, host, ...failure } }]
    : [{ type: "instance.forward-restored", version: 1, data: { protocol, bind, host } }];
}

/** Of a point, those that no other instance has taken since. */
export const forwardsAt = (
  { forwards = [] }: Pick<Point, "forwards">,
  { id }: InstanceState,
  around: Surroundings,
): readonly Forward[] =>
  forwards.filter((each) => {
    const holder = around.holderOfPort(each);
    return holder === undefined || holder.id === id;
  });

/** The state with these, and without the key when there are none. */
export function withForwards(state: InstanceState, forwards: readonly ForwardState[]): InstanceState {
  const { forwards: _, ...rest } = state;
  return forwards.length === 0 ? rest : { ...rest, forwards };
}

export function evolveForward(
  state: InstanceState,
  fact: Fact<`instance.forward-${"added" | "removed" | "failed" | "restored"}`>,
): InstanceState {
  const { forwards = [] } = state;
  const changed = (change: (each: ForwardState) => ForwardState) =>
    withForwards(
      state,
      forwards.map((each) => (isSamePort(each, fact.data) ? change(each) : each)),
    );
  switch (fact.type) {
    case "instance.forward-added":
      return withForwards(state, [...forwards, plain(fact.data)]);
    case "instance.forward-removed":
      return withForwards(
        state,
        forwards.filter((each) => !isSamePort(each, fact.data)),
      );
    case "instance.forward-failed": {
      const { code, reason } = fact.data;
      return changed((each) => ({ ...each, failure: { at: fact.time, code, reason } }));
    }
    case "instance.forward-restored":
      return changed(plain);
  }
}

/** Ports of the guest that answer to the outside; by SSH the daemon gets in. */
export const servedPorts = ({ forwards = [] }: InstanceState): { protocol: "tcp" | "udp"; port: number }[] => [
  { protocol: "tcp", port: 22 },
  ...forwards.map(({ protocol, guest }) => ({ protocol, port: guest })),
];

/** Who has which port of the host, by `8080/tcp`: every address of it apart. */
export type Ports = Map<string, readonly { readonly id: string; readonly bind: string }[]>;

const portName = ({ host, protocol }: HostPort): string => `${host}/${protocol}`;

/** Brings the index up to date, in place; cheap when the forwards are the same. */
export function evolvePorts(ports: Ports, before: InstanceState | undefined, after: InstanceState | undefined): void {
  if (before?.forwards === after?.forwards) return;
  for (const each of before?.forwards ?? []) {
    const left = (ports.get(portName(each)) ?? []).filter(({ id, bind }) => id !== before?.id || bind !== each.bind);
    if (left.length === 0) ports.delete(portName(each));
    else ports.set(portName(each), left);
  }
  for (const each of after?.forwards ?? [])
    ports.set(portName(each), [...(ports.get(portName(each)) ?? []), { id: after?.id ?? "", bind: each.bind }]);
}

/** Id of the instance that has the port, at that address or one that covers it. */
export const portHolder = (ports: Ports, wanted: HostPort): string | undefined =>
  ports.get(portName(wanted))?.find(({ bind }) => isClash({ ...wanted, bind }, wanted))?.id;
