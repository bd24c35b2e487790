/** Layers of all instances, counted: one is needed as long as a top, a point or another layer stands on it. */
import type { TakenLayer } from "../model/import.ts";
import type { Recorded } from "./envelope.ts";
import type { InstanceState } from "./instance/state.ts";

export interface LayerState {
  /** The layer that it stands on; absent: an image. */
  readonly parent?: string;
  /** Tops, points and layers that stand on it. */
  readonly uses: number;
  /** What it takes on disk; absent while it is written to, and of layers that were frozen by an early build. */
  readonly bytes?: number;
  /** The layer that it was made on, where it holds that one's content itself by now: history goes on there. */
  readonly after?: string;
  /** Such a one is after it. */
  readonly isBefore?: boolean;
}

export type Layers = Map<string, LayerState>;

/** Layers and memories that the log named once and nothing needs any more: their files may go. Others are not ours to remove. */
export type Dropped = Map<string, "layer" | "memory">;

/** Adds the layer that a record tells of, and lets go of those that nothing needs after it. */
export function evolveLayers(
  { layers, dropped }: { readonly layers: Layers; readonly dropped: Dropped },
  record: Recorded,
  before: InstanceState | undefined,
  after: InstanceState | undefined,
): void {
  if (before && after && isSame(before, after)) return;
  for (const made of madeBy(record)) if (!layers.has(made.id)) add(layers, made.id, made.parent);
  if (record.type === "instance.point-made") weigh(layers, String(record.data["layer"]), Number(record.data["bytes"]));
  if (record.type === "instance.imported") for (const { layer, bytes } of takenBy(record)) weigh(layers, layer, bytes);
  const [was, is] = [usedBy(before), usedBy(after)];
  for (const layer of is) if (!was.has(layer)) use(layers, layer);
  for (const layer of was) if (!is.has(layer)) for (const gone of release(layers, layer)) dropped.set(gone, "layer");
  dropMemories(dropped, before, after);
  if (before?.pending && before.pending.id !== after?.pending?.id) dropUnused(layers, dropped, before.pending, after);
}

/** A layer holds itself what was in some below it, and stands on the one below those: they go, unless others need them. */
export function evolveMerged(
  { layers, dropped }: { readonly layers: Layers; readonly dropped: Dropped },
  { data }: Recorded,
): void {
  const id = String(data["layer"]);
  const layer = layers.get(id);
  // It was let go of meanwhile, with all below it.
  if (!layer) return;
  const history = lineageOf(layers, id).slice(1);
  const { parent: was, after: _, ...rest } = layer;
  const parent = data["parent"];
  const is = typeof parent === "string" ? { parent } : {};
  layers.set(id, { ...rest, ...is, bytes: Number(data["bytes"]) });
  if (is.parent !== undefined) use(layers, is.parent);
  if (was !== undefined) for (const gone of release(layers, was)) dropped.set(gone, "layer");
  putAfter(
    layers,
    id,
    history.find((each) => layers.has(each)),
  );
}

/** Notes on which layer it was made, unless it stands on that one. */
function putAfter(layers: Layers, id: string, before: string | undefined): void {
  const layer = layers.get(id);
  const below = before === undefined ? undefined : layers.get(before);
  if (!layer) return;
  const { after: _, ...rest } = layer;
  const isNews = before !== undefined && below !== undefined && before !== layer.parent;
  layers.set(id, isNews ? { ...rest, after: before } : rest);
  if (isNews) layers.set(before, { ...below, isBefore: true });
}

const isSame = (before: InstanceState, after: InstanceState): boolean =>
  before.layer === after.layer &&
  before.points === after.points &&
  before.hardware === after.hardware &&
  before.pending?.id === after.pending?.id;

const memoriesOf = (state: InstanceState | undefined): string[] =>
  state?.points.flatMap(({ kept }) => kept?.memory ?? []) ?? [];

function dropMemories(dropped: Dropped, before: InstanceState | undefined, after: InstanceState | undefined): void {
  const kept = new Set(memoriesOf(after));
  for (const memory of memoriesOf(before)) if (!kept.has(memory)) dropped.set(memory, "memory");
}

/** What an operation that has ended was about to make, and has not made. */
function dropUnused(
  layers: Layers,
  dropped: Dropped,
  { wanted, restore }: NonNullable<InstanceState["pending"]>,
  after: InstanceState | undefined,
): void {
  for (const layer of [wanted?.next, restore?.next])
    if (layer !== undefined && !layers.has(layer)) dropped.set(layer, "layer");
  if (wanted?.memory !== undefined && !memoriesOf(after).includes(wanted.memory)) dropped.set(wanted.memory, "memory");
}

/** Layers that nothing would need without the instance, the upper ones first. */
export function ownLayers(layers: Layers, instance: InstanceState): string[] {
  const rest = new Map(layers);
  return [...usedBy(instance)].toReversed().flatMap((layer) => release(rest, layer));
}

/** From the layer down to the one that stands on the image. */
export function chainOf(layers: Layers, layer: string): string[] {
  const chain: string[] = [];
  for (let at: string | undefined = layer; at !== undefined; at = layers.get(at)?.parent) chain.push(at);
  return chain;
}

/** The same as it was made, whatever was merged since. */
export function lineageOf(layers: Layers, layer: string): string[] {
  const lineage: string[] = [];
  for (let at: string | undefined = layer; at !== undefined; at = layers.get(at)?.after ?? layers.get(at)?.parent)
    lineage.push(at);
  return lineage;
}

/** A new machine's first layer, and those that an import took; the one above a frozen one; the one that a restore began. */
function madeBy(record: Recorded): readonly { id: string; parent?: string }[] {
  const { type, data } = record;
  if (type === "instance.disk-created") return [layerOf(data)];
  if (type === "instance.imported") return [...takenBy(record).map(layerOf), layerOf(data)];
  if (type === "instance.point-made") return [{ id: String(data["next"]), parent: String(data["layer"]) }];
  if (type === "instance.rewound") return [{ id: String(data["next"]), parent: String(data["from"]) }];
  return [];
}

const takenBy = ({ data }: Recorded) => data["layers"] as readonly TakenLayer[];

/** One that stands on another, or on an image. */
function layerOf({ layer, parent }: { readonly layer?: unknown; readonly parent?: unknown }) {
  return { id: String(layer), ...(typeof parent === "string" && { parent }) };
}

/** The top, once there is a disk, and the points; before that, what a fork is about to stand on. */
function usedBy(instance: InstanceState | undefined): Set<string> {
  if (!instance?.hardware) return new Set(instance?.origin ? [instance.origin.layer] : []);
  return new Set([instance.layer, ...instance.points.map(({ layer }) => layer)]);
}

function add(layers: Layers, id: string, parent: string | undefined): void {
  layers.set(id, { uses: 0, ...(parent !== undefined && { parent }) });
  if (parent !== undefined) use(layers, parent);
}

function weigh(layers: Layers, id: string, bytes: number): void {
  const layer = layers.get(id);
  if (layer) layers.set(id, { ...layer, bytes });
}

function use(layers: Layers, id: string): void {
  const layer = layers.get(id);
  if (layer) layers.set(id, { ...layer, uses: layer.uses + 1 });
}

/** Answers the layers that are gone with it, the upper ones first. */
function release(layers: Layers, id: string): string[] {
  const gone: string[] = [];
  for (let at: string | undefined = id; at !== undefined;) {
    const layer = layers.get(at);
    if (!layer) break;
    if (layer.uses > 1) {
      layers.set(at, { ...layer, uses: layer.uses - 1 });
      break;
    }
    layers.delete(at);
    gone.push(at);
    if (layer.isBefore)
      for (const [id, { after }] of layers) if (after === at) putAfter(layers, id, layer.after ?? layer.parent);
    at = layer.parent;
  }
  return gone;
}

/** What the layer of a point takes by now: it may have taken in what was below it. */
export const bytesNow = (
  layers: Layers,
  { layer, bytes }: { readonly layer: string; readonly bytes: number },
): number => layers.get(layer)?.bytes ?? bytes;
