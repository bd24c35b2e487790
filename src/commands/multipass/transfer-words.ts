/** What the words of `multipass transfer` mean together, checked in the reference's order; nothing is looked up. */
import type { TransferPlace, TransferPlan } from "../context.ts";
import { lineError } from "./stop.ts";

/** One for each instance that something comes from; all go to one target. */
export type Transfers = readonly Pick<TransferPlan, "sources" | "target">[];

interface Part {
  /** Empty: here. */
  readonly instance: string;
  readonly path: string;
}

const stream = "-";

function partOf(word: string): Part {
  const colon = word.indexOf(":");
  const [instance, path] = colon < 0 ? ["", word] : [word.slice(0, colon), word.slice(colon + 1)];
  return { instance, path: path === "" ? "." : path };
}

const placeOf = ({ instance, path }: Part): TransferPlace =>
  instance === "" ? { at: "here", path } : { at: "guest", instance, path };

/** Throws `Stop`. */
export function readTransfer(words: readonly string[]): Transfers {
  const target = words.at(-1);
  if (target === undefined || words.length < 2) throw lineError("Not enough arguments given");
  const sources = words.slice(0, -1);
  return sources.includes(stream) || target === stream ? readStream(sources, target) : readFiles(sources, target);
}

function readStream(sources: readonly string[], target: string): Transfers {
  const streams = [...sources, target].filter((word) => word === stream);
  if (streams.length > 1) throw lineError(`Only one '${stream}' allowed`);
  if (sources.length > 1) throw lineError(`Only two arguments allowed when using '${stream}'`);
  const [from, to] = [partOf(sources[0] ?? ""), partOf(target)];
  if (target === stream) {
    if (from.instance === "") throw lineError("Source must be from inside an instance");
    return [{ sources: [placeOf(from)], target: { at: "stream" } }];
  }
  if (to.instance === "") throw lineError("Target must be inside an instance");
  return [{ sources: [{ at: "stream" }], target: placeOf(to) }];
}

function readFiles(sources: readonly string[], target: string): Transfers {
  const [from, to] = [sources.map(partOf), partOf(target)];
  const inside = from.filter(({ instance }) => instance !== "");
  if (to.instance !== "") {
    if (inside.length > 0) throw lineError("Cannot specify an instance name for both source and destination");
    return [{ sources: from.map(placeOf), target: placeOf(to) }];
  }
  if (inside.length === 0) throw lineError("An instance name is needed for either source or destination");
  if (inside.length < from.length) throw lineError("All sources must be from inside an instance");
  // A target of several sources is a folder, also for an instance that only one comes from.
  const path = from.length > 1 ? `${to.path}/` : to.path;
  return [...new Set(inside.map(({ instance }) => instance))].map((name) => ({
    sources: inside.filter(({ instance }) => instance === name).map(placeOf),
    target: { at: "here", path },
  }));
}
