/** The rule for forks: a new instance whose disk begins where a point of another one stands. */
import { nameCharactersMax } from "../../model/name.ts";
import type { Point } from "../../model/point.ts";
import { Rejected } from "../decider.ts";
import type { InstanceCommand } from "./commands.ts";
import type { InstanceEvent } from "./events.ts";
import type { NetworkOfNew } from "./network-commands.ts";
import { joinedOf, networkOfNew } from "./networks.ts";
import { freeName, intentOf, refuseHeld, type Surroundings } from "./refusals.ts";
import type { InstanceState } from "./state.ts";

type Fork = Extract<InstanceCommand, { type: "fork" }>;

export function decideFork(command: Fork, state: InstanceState | undefined, around: Surroundings): InstanceEvent[] {
  if (state) return [];
  const source = around.instanceOf(command.source);
  const point = source?.points.find(({ id }) => id === command.point);
  const sha256 = source?.image.sha256;
  if (!source || !point || sha256 === undefined) throw new Rejected("point-not-found", "the point is gone");
  const { name, clone } = namedFork(command, source, around);
  refuseHeld(name, around);
  const { mac, layer, starts, fresh } = command;
  const { hardware, image } = source;
  const { offered } = image;
  const { kept } = point;
  // Memory knows the cards by their addresses, and a guest becomes another one with the help of its network.
  const goesOn = starts && !fresh && !source.detached && (point.network ?? source).interfaces === undefined;
  const data = {
    ...intentOf(command, around),
    name,
    ordinal: around.nextOrdinal,
    image: { name: source.image.name, title: source.image.title, sha256, ...(offered && { offered }) },
    specs: point.specs,
    ...(point.mounts && { mounts: point.mounts }),
    mac,
    ...networkOfNew(joinsOf(command, source, point), mac, around),
    ...(source.detached && { detached: true }),
    layer,
    user: source.user,
    origin: { instance: source.id, name: source.name, point: point.name, layer: point.layer },
    ...(clone !== undefined && { clone }),
    starts,
    ...(goesOn && kept && hardware && { warm: { kept, hardware } }),
  };
  return [{ type: "instance.fork-requested", version: 1, data }];
}

/** The network of its source, an address of its own there, and the configuration that the point has. */
function joinsOf({ macs = [] }: Fork, source: InstanceState, point: Point): NetworkOfNew {
  const { name: network, attachment } = joinedOf(source);
  const { allowNet, interfaces = [] } = point.network ?? source;
  return {
    place: { network, attachment },
    ...(allowNet !== undefined && { allowNet }),
    interfaces: interfaces.map((each, index) => ({ ...each, mac: macs[index] ?? each.mac })),
  };
}

/** `web-2`; for a clone `web-clone1`, `web-clone2`, counted on even when those are gone. */
function namedFork(
  { name, isClone }: Fork,
  source: InstanceState,
  around: Surroundings,
): { readonly name: string; readonly clone?: number } {
  if (name !== undefined) return { name };
  if (!isClone) return { name: freeName(source.name, around) };
  // There are fewer instances than numbers.
  for (let clone = (source.clones ?? 0) + 1; ; clone++) {
    const ending = `-clone${clone}`;
    const next = source.name.slice(0, nameCharactersMax - ending.length) + ending;
    if (!around.holderOf(next)) return { name: next, clone };
  }
}
