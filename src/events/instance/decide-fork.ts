/** The rule for forks: a new instance whose disk begins where a point of another one stands. */
import { Rejected } from "../decider.ts";
import type { InstanceCommand } from "./commands.ts";
import type { InstanceEvent } from "./events.ts";
import { freeName, intentOf, refuseHeld, type Surroundings } from "./refusals.ts";
import type { InstanceState } from "./state.ts";

type Fork = Extract<InstanceCommand, { type: "fork" }>;

export function decideFork(command: Fork, state: InstanceState | undefined, around: Surroundings): InstanceEvent[] {
  if (state) return [];
  const source = around.instanceOf(command.source);
  const point = source?.points.find(({ id }) => id === command.point);
  const sha256 = source?.image.sha256;
  if (!source || !point || sha256 === undefined) throw new Rejected("point-not-found", "the point is gone");
  const name = command.name ?? freeName(source.name, around);
  refuseHeld(name, around);
  const { mac, layer, starts, fresh } = command;
  const { hardware } = source;
  const { kept } = point;
  if (around.holdsMac(mac)) throw new Rejected("mac-in-use", `the hardware address ${mac} is in use`);
  const data = {
    ...intentOf(command, around),
    name,
    ordinal: around.nextOrdinal,
    image: { name: source.image.name, title: source.image.title, sha256 },
    specs: point.specs,
    mac,
    address: around.freeAddress(),
    layer,
    user: source.user,
    origin: { instance: source.id, name: source.name, point: point.name, layer: point.layer },
    starts,
    ...(starts && !fresh && kept && hardware && { warm: { kept, hardware } }),
  };
  return [{ type: "instance.fork-requested", version: 1, data }];
}
