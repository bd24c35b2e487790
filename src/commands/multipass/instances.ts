/** Which instances a line means: by name, the primary one, or all; and what the reference says of those that it cannot take. */
import type { InstanceView } from "../../model/view.ts";
import type { MultipassContext } from "./context.ts";
import { stateOf } from "./states.ts";
import type { State } from "./states.ts";
import { failedForSeveral, lineError } from "./stop.ts";
import { readZones } from "./zones.ts";
import type { UnavailableZones } from "./zones.ts";

export const primaryKey = "client.primary-name";

/** The name that is meant by none; empty: none is. */
export const primaryName = ({ settings }: Pick<MultipassContext, "settings">): string =>
  settings.list().find(({ key }) => key === primaryKey)?.value ?? "";

const nameNeeded = "Name argument or --all is required";

/** The names that a line gives; undefined: all instances. Throws when it gives none that can be meant, or both. */
export function namesOf(
  context: Pick<MultipassContext, "settings">,
  words: readonly string[],
  { all }: { readonly all: boolean },
): readonly string[] | undefined {
  refuseBoth(words, all);
  if (all) return undefined;
  if (words.length > 0) return [...new Set(words)];
  const primary = primaryName(context);
  if (primary === "") throw lineError(`${nameNeeded}\nNote: the primary instance is disabled.`);
  return [primary];
}

/** For verbs that the primary instance is not meant by. */
export function namesOrAll(
  words: readonly string[],
  { all }: { readonly all: boolean },
): readonly string[] | undefined {
  refuseBoth(words, all);
  if (!all && words.length === 0) throw lineError(nameNeeded);
  return all ? undefined : [...new Set(words)];
}

function refuseBoth({ length }: readonly string[], all: boolean): void {
  if (all && length > 0) throw lineError(`Cannot specify ${length > 1 ? "names" : "name"} when --all option set`);
}

export const doesNotExist = (name: string): string => `instance "${name}" does not exist`;
export const isDeleted = (name: string): string => `instance "${name}" is deleted`;

/** Every instance, those in the trash too, and how each is. */
export interface Known {
  readonly all: readonly InstanceView[];
  readonly zones: UnavailableZones;
  stateOf(view: InstanceView): State;
}

export async function readKnown(context: Pick<MultipassContext, "api">): Promise<Known> {
  const [all, zones] = await Promise.all([context.api.call("instance.list", {}), readZones(context)]);
  return { all, zones, stateOf: (view) => stateOf(view, zones) };
}

export interface Picked extends Known {
  readonly views: readonly InstanceView[];
  /** Each fault in the reference's words. */
  readonly faults: readonly string[];
}

/** The instances of these names, without those in the trash for all. */
export async function pick(
  context: Pick<MultipassContext, "api">,
  names: readonly string[] | undefined,
): Promise<Picked> {
  const known = await readKnown(context);
  const { all } = known;
  if (names === undefined) return { ...known, views: all.filter(({ state }) => state !== "Deleted"), faults: [] };
  const found = names.map((name) => ({ name, view: all.find((each) => each.name === name) }));
  return {
    ...known,
    views: found.flatMap(({ view }) => (view && view.state !== "Deleted" ? [view] : [])),
    faults: found.flatMap(({ name, view }) =>
      view === undefined ? [doesNotExist(name)] : view.state === "Deleted" ? [isDeleted(name)] : [],
    ),
  };
}

/** The only one that a verb is about, with how it is. Throws `Stop` when it is missing or in the trash. */
export async function pickOne(
  context: Pick<MultipassContext, "api">,
  verb: string,
  name: string,
): Promise<Known & { readonly view: InstanceView; readonly state: State }> {
  const { views, faults, ...known } = await pick(context, [name]);
  const [view] = views;
  if (!view) throw failedForSeveral(verb, faults);
  return { ...known, view, state: known.stateOf(view) };
}
