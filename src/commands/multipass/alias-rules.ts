/** What aliases mean: which one a word stands for, and the book with one more, with fewer, or with another context preferred. */
import type { Alias, Aliases } from "./context.ts";

/** An alias by its place in the book. */
export interface AliasPlace {
  readonly context: string;
  readonly name: string;
}

type Context = Aliases["contexts"][string];

const ofContext = ({ contexts }: Aliases, context: string): Context =>
  Object.hasOwn(contexts, context) ? (contexts[context] ?? {}) : {};

const ofPlace = (aliases: Aliases, { context, name }: AliasPlace): Alias | undefined => {
  const found = ofContext(aliases, context);
  return Object.hasOwn(found, name) ? found[name] : undefined;
};

/** Every alias with its place. */
export const allAliases = (aliases: Aliases): readonly (AliasPlace & { readonly alias: Alias })[] =>
  Object.entries(aliases.contexts).flatMap(([context, ofIt]) =>
    Object.entries(ofIt).map(([name, alias]) => ({ context, name, alias })),
  );

export const ofActiveContext = (aliases: Aliases, name: string): Alias | undefined =>
  ofPlace(aliases, { context: aliases["active-context"], name });

/** What `word` stands for: in the active context, then in the only one that has it, then as `context.alias`. */
export function findAlias(aliases: Aliases, word: string): Alias | undefined {
  const own = ofActiveContext(aliases, word);
  if (own) return own;
  const named = allAliases(aliases).filter(({ name }) => name === word);
  return named.length === 1 ? named[0]?.alias : qualified(aliases, word)?.alias;
}

const qualified = (aliases: Aliases, word: string) =>
  allAliases(aliases).find(({ context, name }) => `${context}.${name}` === word);

/** The alias that `word` names when it is to be removed: of the active context, or as `context.alias`. */
export function placeOf(aliases: Aliases, word: string): AliasPlace | undefined {
  if (ofActiveContext(aliases, word)) return { context: aliases["active-context"], name: word };
  return qualified(aliases, word);
}

/** With one more in the active context. */
export function withAlias(aliases: Aliases, name: string, alias: Alias): Aliases {
  const context = aliases["active-context"];
  return tidy({
    ...aliases,
    contexts: { ...aliases.contexts, [context]: { ...ofContext(aliases, context), [name]: alias } },
  });
}

export const withoutAliases = (aliases: Aliases, gone: readonly AliasPlace[]): Aliases =>
  without(aliases, (at) => gone.some(({ context, name }) => context === at.context && name === at.name));

/** Without those of instances that are gone for good. */
export const withoutInstances = (aliases: Aliases, instances: readonly string[]): Aliases =>
  without(aliases, ({ alias }) => instances.includes(alias.instance));

export const preferring = (aliases: Aliases, context: string): Aliases =>
  tidy({ ...aliases, "active-context": context });

/** With those of another book that are of `instances`. What a place holds already stays: then it is among the kept ones. */
export function withBook(
  aliases: Aliases,
  other: Aliases,
  instances: ReadonlySet<string>,
): { readonly aliases: Aliases; readonly added: readonly AliasPlace[]; readonly kept: readonly AliasPlace[] } {
  const meant = allAliases(other).filter(({ alias }) => instances.has(alias.instance));
  const isTaken = (at: AliasPlace) => ofPlace(aliases, at) !== undefined;
  const added = meant.filter((at) => !isTaken(at));
  const isNew = allAliases(aliases).length === 0 && added.length > 0;
  const contexts: Record<string, Context> = { ...aliases.contexts };
  for (const { context, name, alias } of added) contexts[context] = { ...contexts[context], [name]: alias };
  const active = isNew ? other["active-context"] : aliases["active-context"];
  const isOther = ({ alias, ...at }: (typeof meant)[number]) =>
    JSON.stringify(ofPlace(aliases, at)) !== JSON.stringify(alias);
  return {
    aliases: tidy({ "active-context": active, contexts }),
    added,
    kept: meant.filter((at) => isTaken(at) && isOther(at)),
  };
}

function without(aliases: Aliases, isGone: (each: ReturnType<typeof allAliases>[number]) => boolean): Aliases {
  const contexts = Object.entries(aliases.contexts).map(([context, ofIt]) => [
    context,
    Object.fromEntries(Object.entries(ofIt).filter(([name, alias]) => !isGone({ context, name, alias }))),
  ]);
  return tidy({ ...aliases, contexts: Object.fromEntries(contexts) });
}

/** Contexts without an alias are none, but for the active one; all in the order of their names. */
function tidy(aliases: Aliases): Aliases {
  const active = aliases["active-context"];
  const contexts = Object.entries({ ...aliases.contexts, [active]: ofContext(aliases, active) })
    .filter(([context, ofIt]) => context === active || Object.keys(ofIt).length > 0)
    .map(([context, ofIt]) => [context, sorted(ofIt)] as const);
  return { "active-context": active, contexts: sorted(Object.fromEntries(contexts)) };
}

const sorted = <Value>(record: Readonly<Record<string, Value>>): Readonly<Record<string, Value>> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const nameBytesMax = 255;

/** Names that become a file's, in the folder of the scripts and nowhere else. */
export function isFileName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex
  if (name === "" || name === "." || name === ".." || /[/\u0000-\u001F\u007F]/.test(name)) return false;
  return new TextEncoder().encode(name).length <= nameBytesMax;
}
