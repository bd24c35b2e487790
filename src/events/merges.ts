/** Which layers are to take in those below them: where nothing else needs the lower ones, and where a disk stands on too many. Pure. */
import type { InstanceState } from "./instance/state.ts";
import { chainOf, type Layers } from "./layers.ts";
import type { World } from "./world.ts";

export interface Merge {
  /** Keeps its id and all that is read through it. */
  readonly layer: string;
  /** What it takes in, its parent first. */
  readonly from: readonly string[];
  /** What it stands on then; absent: an image. */
  readonly parent?: string;
  /** At most so much is copied. */
  readonly bytes: number;
}

/** So many layers below a top make reading slow: then the uppermost takes in all others, which stay for their points. */
export const layersMax = 64;
/** More takes too long to copy in the background of running machines: such layers stay as they are. */
export const mergeBytesMax = 32 * 2 ** 30;

type Needed = Pick<World, "layers" | "instances">;

/** The smallest first. What a layer takes in takes in nothing itself. */
export function findMerges({ layers, instances }: Needed): Merge[] {
  const still = new Set([...instances.values()].flatMap((each) => openLayers(layers, each)));
  const some = [...layers.keys()].filter((layer) => !still.has(layer)).flatMap((layer) => needless(layers, layer));
  const within = new Set(some.flatMap(({ from }) => from));
  const small = some.filter(({ layer }) => !within.has(layer));
  const taken = new Set(small.flatMap(({ layer, from }) => [layer, ...from]));
  const flat = [...instances.values()]
    .map(({ layer }) => chainOf(layers, layer).slice(1))
    .filter((chain) => chain.length >= layersMax && !chain.some((layer) => still.has(layer) || taken.has(layer)))
    .flatMap(([layer = "", ...from]) => mergeOf(layers, layer, from));
  const all = new Map([...flat, ...small].map((merge) => [merge.layer, merge]));
  return [...all.values()].filter(({ bytes }) => bytes <= mergeBytesMax).toSorted((a, b) => a.bytes - b.bytes);
}

/** Instances whose disks are read through a layer. */
export function readersOf({ layers, instances }: Needed, layer: string): string[] {
  return [...instances.values()].filter((each) => chainOf(layers, each.layer).includes(layer)).map(({ id }) => id);
}

/** Its top is written to; while an operation is under way nothing below it is touched, nor what a restore or a fork goes to. */
function openLayers(layers: Layers, { layer, origin, pending }: InstanceState): string[] {
  if (!pending) return [layer];
  const ends = [layer, origin?.layer, pending.restore?.to.layer].filter((end) => end !== undefined);
  return ends.flatMap((end) => chainOf(layers, end));
}

/** Layers below this one that neither a point nor a top nor another layer stands on. */
function needless(layers: Layers, layer: string): Merge[] {
  const below = chainOf(layers, layer).slice(1);
  const end = below.findIndex((each) => layers.get(each)?.uses !== 1);
  return mergeOf(layers, layer, end < 0 ? below : below.slice(0, end));
}

function mergeOf(layers: Layers, layer: string, from: readonly string[]): Merge[] {
  const last = from.at(-1);
  if (last === undefined) return [];
  const parent = layers.get(last)?.parent;
  const bytes = [layer, ...from].reduce((sum, each) => sum + (layers.get(each)?.bytes ?? 0), 0);
  return [{ layer, from, bytes, ...(parent !== undefined && { parent }) }];
}
