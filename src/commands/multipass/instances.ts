/** Which instances a line means: by name, the primary one, or all; and what the reference says of those that it cannot take. */
import type { InstanceView } from "../../model/view.ts";
import type { MultipassContext } from "./context.ts";
import { lineError } from "./stop.ts";

export const primaryKey = "client.primary-name";

/** The name that is meant by none; empty: none is. */
export const primaryName = ({ settings }: Pick<MultipassContext, "settings">): string =>
  settings.list().find(({ key }) => key === primaryKey)?.value ?? "";

/** The names that a line gives; undefined: all instances. Throws when it gives none that can be meant, or both. */
export function namesOf(
  context: Pick<MultipassContext, "settings">,
  words: readonly string[],
  { all }: { readonly all: boolean },
): readonly string[] | undefined {
  if (all && words.length > 0) throw lineError("Cannot specify name(s) when --all option set");
  if (all) return undefined;
  if (words.length > 0) return [...new Set(words)];
  const primary = primaryName(context);
  if (primary === "") throw lineError("Name argument or --all is required\nNote: the primary instance is disabled.");
  return [primary];
}

/** For verbs that the primary instance is not meant by. */
export function namesOrAll(
  words: readonly string[],
  { all }: { readonly all: boolean },
): readonly string[] | undefined {
  if (all && words.length > 0) throw lineError("Cannot specify name(s) when --all option set");
  if (!all && words.length === 0) throw lineError("Name argument or --all is required");
  return all ? undefined : [...new Set(words)];
}

export const doesNotExist = (name: string): string => `instance "${name}" does not exist`;
export const isDeleted = (name: string): string => `instance "${name}" is deleted`;

/** The instances of these names, without those in the trash for all; each fault in the reference's words. */
export async function pick(
  { api }: Pick<MultipassContext, "api">,
  names: readonly string[] | undefined,
): Promise<{ readonly views: readonly InstanceView[]; readonly faults: readonly string[] }> {
  const known = await api.call("instance.list", {});
  if (names === undefined) return { views: known.filter(({ state }) => state !== "Deleted"), faults: [] };
  const found = names.map((name) => ({ name, view: known.find((each) => each.name === name) }));
  return {
    views: found.flatMap(({ view }) => (view && view.state !== "Deleted" ? [view] : [])),
    faults: found.flatMap(({ name, view }) =>
      view === undefined ? [doesNotExist(name)] : view.state === "Deleted" ? [isDeleted(name)] : [],
    ),
  };
}
