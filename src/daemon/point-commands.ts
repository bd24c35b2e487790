/** Going back to a point and beginning another instance at one, as commands: with the ids and times that a request has not. */
import type { Input } from "../api/contract.ts";
import type { InstanceCommand } from "../events/instance/commands.ts";
import type { InstanceState } from "../events/instance/state.ts";
import type { World } from "../events/world.ts";
import { parseName } from "../model/name.ts";
import { interfacesMax } from "../model/network-word.ts";
import type { Point } from "../model/point.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ids } from "../sys/ids.ts";
import { freeMac } from "./free-mac.ts";
import { branchOf } from "./inverse-command.ts";
import { branchMs, launchMs } from "./periods.ts";
import { resolveInstance } from "./resolve.ts";

type Of<Type extends InstanceCommand["type"]> = Extract<InstanceCommand, { type: Type }>;
type Ports = Parameters<typeof freeMac>[1] & { readonly clock: Pick<Clock, "now">; readonly ids: Ids };
export type RestoreInput = Pick<Input<"point.restore">, "instance" | "discard" | "diskOnly">;
export type ForkInput = Pick<Input<"instance.fork">, "name" | "isClone" | "starts" | "diskOnly">;

/** The present's memory saved, another one loaded, or a boot. */
const restoreMs = 900_000;

const inMs = ({ clock }: Ports, ms: number): string => new Date(clock.now().getTime() + ms).toISOString();

export function restoreCommand(ports: Ports, { instance, discard, diskOnly }: RestoreInput, point: Point) {
  const keep = branchOf(ports.ids, inMs(ports, branchMs));
  return (world: World, operation: string): Of<"restore"> => ({
    type: "restore",
    to: point.id,
    next: ports.ids.next(),
    fresh: diskOnly,
    ...(!discard && { keep }),
    id: resolveInstance(world, instance).id,
    operation,
    deadline: inMs(ports, restoreMs),
  });
}

/** Throws `name-invalid`. */
export function forkCommand(
  ports: Ports,
  { name, isClone, starts, diskOnly }: ForkInput,
  source: InstanceState,
  point: Point,
) {
  const id = ports.ids.next();
  return (world: World, operation: string): Of<"fork"> => ({
    type: "fork",
    id,
    operation,
    deadline: inMs(ports, launchMs),
    source: source.id,
    point: point.id,
    mac: freeMac(world, ports),
    macs: Array.from({ length: interfacesMax }, () => freeMac(world, ports)),
    layer: ports.ids.next(),
    starts,
    fresh: diskOnly === true,
    ...(isClone && { isClone: true }),
    ...(name !== undefined && { name: parseName(name) }),
  });
}
