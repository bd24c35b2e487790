/** What this personality sees of an instance's points: snapshots that a person made, each hanging on the nearest one below. */
import type { Point } from "../../model/point.ts";
import type { PointTree } from "../../model/point-view.ts";
import { lineError } from "./stop.ts";

export interface Snapshot {
  readonly instance: string;
  readonly point: Point;
  readonly parent: string | undefined;
  /** Oldest first. */
  readonly children: readonly string[];
}

/** Oldest first. */
export function snapshotsOf({ instance, points }: PointTree): Snapshot[] {
  const parents = new Map(points.map(({ name, parent }) => [name, parent]));
  const made = points.filter(({ kind }) => kind === "snapshot");
  const names = new Set(made.map(({ name }) => name));
  const nearest = (point: string): string | undefined => {
    let below = parents.get(point);
    while (below !== undefined && !names.has(below)) below = parents.get(below);
    return below;
  };
  const found = made.map((point) => ({ instance: instance.name, point, parent: nearest(point.name) }));
  return found.map((each) => ({
    ...each,
    children: found.filter(({ parent }) => parent === each.point.name).map(({ point }) => point.name),
  }));
}

export const noSuchSnapshot = (instance: string, snapshot: string): string =>
  `No such snapshot: ${instance}.${snapshot}`;

const namePattern = /^(?:[a-zA-Z]|[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9])$/;

export const isSnapshotName = (text: string): boolean => namePattern.test(text);
export const badSnapshotName = (text: string): string => `Invalid snapshot name: "${text}".`;

/** An instance, or with `snapshot` one of its snapshots. */
export interface Target {
  readonly instance: string;
  readonly snapshot?: string;
}

/** `web`, `web.snapshot1` */
export function readTarget(word: string): Target {
  const at = word.indexOf(".");
  return at < 0 ? { instance: word } : { instance: word.slice(0, at), snapshot: word.slice(at + 1) };
}

/** What a line gives of one instance. */
export interface Choice {
  readonly instance: string;
  /** It is named by itself. */
  readonly isWhole: boolean;
  readonly snapshots: readonly string[];
}

/** By instance, in the order in which they are named first. */
export function choicesOf(words: readonly string[]): Choice[] {
  const targets = words.map(readTarget);
  return [...new Set(targets.map(({ instance }) => instance))].map((instance) => {
    const own = targets.filter((target) => target.instance === instance);
    const snapshots = own.flatMap(({ snapshot }) => snapshot ?? []);
    return {
      instance,
      isWhole: own.some(({ snapshot }) => snapshot === undefined),
      snapshots: [...new Set(snapshots)],
    };
  });
}

/** The one snapshot that a line is about. Throws when it is something else. */
export function readSnapshot(word: string): Required<Target> {
  const [instance = "", snapshot = "", ...more] = word.split(".");
  if (instance !== "" && snapshot !== "" && more.length === 0) return { instance, snapshot };
  throw lineError(
    "Invalid format. Please specify the instance to restore and snapshot to use in the form <instance>.<snapshot>.",
  );
}
