/** The live state of everything: one fold over the whole log, with the indexes that make names, numbers and addresses unique. */
import { assert } from "../errors.ts";
import type { Recorded } from "./envelope.ts";
import type { ImageEvent } from "./image/events.ts";
import { evolveImage, type ImageState } from "./image/image.ts";
import { evolveInstance, type InstanceFact } from "./instance/evolve.ts";
import { evolvePorts, type Ports } from "./instance/forwards.ts";
import type { InstanceState } from "./instance/state.ts";
import { type Dropped, evolveLayers, evolveMerged, type Layers } from "./layers.ts";
import type { NetworkEvent } from "./network/events.ts";
import { evolveNetwork, type NetworkState } from "./network/network.ts";
import { evolveRollback, type RollbackFact, type RollbackState } from "./rollback/rollback.ts";
import { evolveSettings, type SettingsEvent, type SettingsState } from "./settings/settings.ts";

/** Raised when the shape below or what is folded into it changes: older checkpoints are then dropped and the log replayed. */
export const worldVersion = 9;

/** How long and how many commands are remembered, so that a retry is answered instead of run again. */
export const commandsRememberedMax = 10_000;
export const commandsRememberedMs = 86_400_000;

/** What a remembered command did. */
export interface RememberedCommand {
  readonly time: string;
  readonly operation?: string;
  readonly stream: string;
}

/** Mutable and owned by whoever folds; everything in it but the maps is replaced, never changed. */
export interface World {
  position: number;
  time: string;
  nextNumber: number;
  nextOrdinal: number;
  /** The host's boot in which the instances that start with it were asked to, last. */
  boot: string;
  settings: SettingsState;
  readonly instances: Map<string, InstanceState>;
  readonly images: Map<string, ImageState>;
  /** Those on record, by name. */
  readonly networks: Map<string, NetworkState>;
  readonly layers: Layers;
  readonly dropped: Dropped;
  /** Those under way, by operation. */
  readonly rollbacks: Map<string, RollbackState>;
  /** Instance name -> id. */
  readonly names: Map<string, string>;
  /** Guest address -> id. */
  readonly addresses: Map<string, string>;
  readonly macs: Map<string, string>;
  /** Forwarded ports of the host -> ids. */
  readonly ports: Ports;
  /** Pending operation -> instance id. */
  readonly pending: Map<string, string>;
  /** Oldest first. */
  readonly commands: Map<string, RememberedCommand>;
}

export const emptyWorld = (): World => ({
  position: 0,
  time: "",
  nextNumber: 1,
  nextOrdinal: 1,
  boot: "",
  settings: {},
  instances: new Map(),
  images: new Map(),
  networks: new Map(),
  layers: new Map(),
  dropped: new Map(),
  rollbacks: new Map(),
  names: new Map(),
  addresses: new Map(),
  macs: new Map(),
  ports: new Map(),
  pending: new Map(),
  commands: new Map(),
});

/** Folds one record (in its newest version) into the world, in place. */
export function evolveWorld(world: World, record: Recorded): void {
  world.position = record.position;
  world.time = record.time;
  const slash = record.stream.indexOf("/");
  const noun = slash < 0 ? record.stream : record.stream.slice(0, slash);
  const id = slash < 0 ? "" : record.stream.slice(slash + 1);
  if (noun === "instance") evolveOneInstance(world, id, record);
  else if (noun === "image") evolveOneImage(world, id, record);
  else if (noun === "network") evolveOneNetwork(world, id, record);
  else if (noun === "rollback") evolveOneRollback(world, id, record);
  else if (record.type === "layers.discarded")
    for (const gone of record.data["gone"] as string[]) world.dropped.delete(gone);
  else if (record.type === "layers.merged") evolveMerged(world, record);
  else if (noun === "settings") world.settings = evolveSettings(world.settings, record as unknown as SettingsEvent);
  else if (record.type === "daemon.autostarted") world.boot = String(record.data["boot"]);
  if (record.operation !== undefined && typeof record.data["number"] === "number")
    world.nextNumber = record.data["number"] + 1;
  // Ends of sessions and refusals are no requests that a client sends again; they must not push out those that are.
  const isRequest = record.operation !== undefined || record.type === "image.removed";
  if (record.by.kind === "user" && isRequest) remember(world, record);
}

function evolveOneImage(world: World, sha256: string, record: Recorded): void {
  const next = evolveImage(world.images.get(sha256), record as unknown as ImageEvent & { time: string });
  if (next) world.images.set(sha256, next);
  else world.images.delete(sha256);
}

function evolveOneNetwork(world: World, name: string, record: Recorded): void {
  const next = evolveNetwork(record as unknown as NetworkEvent & { time: string });
  if (next) world.networks.set(name, next);
  else world.networks.delete(name);
}

function evolveOneRollback(world: World, id: string, record: Recorded): void {
  const next = evolveRollback(id, world.rollbacks.get(id), record as unknown as RollbackFact);
  if (next) world.rollbacks.set(id, next);
  else world.rollbacks.delete(id);
}

function evolveOneInstance(world: World, id: string, record: Recorded): void {
  const before = world.instances.get(id);
  // Only what the fold needs: a copy of each whole record is a good part of a long replay.
  const { type, version, time, operation, data } = record;
  const after = evolveInstance(before, { type, version, id, time, operation, data } as unknown as InstanceFact);
  if (after) world.instances.set(id, after);
  else world.instances.delete(id);
  if (record.type === "instance.fork-requested") countClone(world, record);
  if (before?.image.sha256 !== after?.image.sha256) noteUse(world, record.time, after ?? before);
  evolveLayers(world, record, before, after);
  reindex(world, before, after);
  evolvePorts(world.ports, before, after);
}

/** The count is the source's, so that it outlives the clones. */
function countClone({ instances }: World, { data }: Recorded): void {
  const { clone, origin } = data as { clone?: number; origin: { instance: string } };
  const source = instances.get(origin.instance);
  if (clone !== undefined && source) instances.set(source.id, { ...source, clones: clone });
}

/** An image is used when an instance of it comes, and was until it went. */
function noteUse(world: World, time: string, instance: InstanceState | undefined): void {
  const sha256 = instance?.image.sha256;
  const image = sha256 === undefined ? undefined : world.images.get(sha256);
  if (image) world.images.set(image.sha256, { ...image, usedAt: time });
}

function reindex(world: World, before: InstanceState | undefined, after: InstanceState | undefined): void {
  if (before?.pending && before.pending.id !== after?.pending?.id) world.pending.delete(before.pending.id);
  if (after?.pending) world.pending.set(after.pending.id, after.id);
  if (before && !after) {
    world.names.delete(before.name);
    world.addresses.delete(before.address);
    world.macs.delete(before.mac);
  }
  if (before?.interfaces !== after?.interfaces) {
    for (const { mac } of before?.interfaces ?? []) world.macs.delete(mac);
    for (const { mac } of after?.interfaces ?? []) world.macs.set(mac, after?.id ?? "");
  }
  if (before && after && before.name !== after.name) {
    assert(!world.names.has(after.name), `the name ${after.name} has one owner`);
    world.names.delete(before.name);
    world.names.set(after.name, after.id);
  }
  if (before || !after) return;
  assert(!world.names.has(after.name), `the name ${after.name} has one owner`);
  assert(!world.addresses.has(after.address), `the address ${after.address} has one owner`);
  world.names.set(after.name, after.id);
  world.addresses.set(after.address, after.id);
  world.macs.set(after.mac, after.id);
  world.nextOrdinal = after.ordinal + 1;
}

function remember(world: World, record: Recorded): void {
  const { command, time, operation, stream } = record;
  if (!world.commands.has(command))
    world.commands.set(command, { time, stream, ...(operation === undefined ? {} : { operation }) });
  if (world.commands.size <= commandsRememberedMax) return;
  for (const oldest of world.commands.keys()) {
    world.commands.delete(oldest);
    return;
  }
}

/** The world as JSON for a checkpoint. */
export function freezeWorld(world: World): unknown {
  return Object.fromEntries(
    Object.entries(world).map(([key, value]) => [key, value instanceof Map ? [...value] : value]),
  );
}

/** The world from a checkpoint's JSON of the same `worldVersion`. */
export function thawWorld(frozen: unknown): World {
  const world = emptyWorld();
  for (const [key, value] of Object.entries(frozen as Record<string, unknown>)) {
    const target = world[key as keyof World];
    if (target instanceof Map) for (const [name, entry] of value as [string, never][]) target.set(name, entry);
    else Object.assign(world, { [key]: value });
  }
  return world;
}
