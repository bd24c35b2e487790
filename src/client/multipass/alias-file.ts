/** The file of aliases as the reference writes it, read with every part of it checked: a damaged one is an error, never an empty one. */
import { isFileName } from "../../commands/multipass/alias-rules.ts";
import type { Alias, Aliases } from "../../commands/multipass/context.ts";
import type { UserError } from "../../errors.ts";
import { clientFileInvalid } from "../../sys/client-file.ts";

const firstContext = "default";

type Fields = Readonly<Record<string, unknown>>;
type Damaged = (why: string) => UserError;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What `file` holds; empty: no alias yet. Throws `client-file-invalid`. */
export function aliasesOf(content: Fields, file: string): Aliases {
  const damaged: Damaged = (why) => clientFileInvalid(file, why, undefined);
  const { "active-context": active = firstContext, contexts = {} } = withContexts(content);
  if (typeof active !== "string" || !isFileName(active)) throw damaged("its active-context is no name");
  if (!isObject(contexts)) throw damaged("its contexts are no object");
  const entries = Object.entries({ [active]: {}, ...contexts }).map(([context, ofIt]) => {
    if (!isFileName(context) || !isObject(ofIt)) throw damaged(`its context ${JSON.stringify(context)} cannot be read`);
    return [context, mapped(ofIt, (name, alias) => aliasOf(name, alias, damaged))];
  });
  return { "active-context": active, contexts: Object.fromEntries(entries) };
}

/** Versions before there were contexts wrote the aliases alone. */
function withContexts(content: Fields): Fields {
  const isOld = Object.keys(content).length > 0 && !("active-context" in content) && !("contexts" in content);
  return isOld ? { contexts: { [firstContext]: content } } : content;
}

const mapped = (fields: Fields, make: (key: string, value: unknown) => Alias): Record<string, Alias> =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, make(key, value)]));

function aliasOf(name: string, alias: unknown, damaged: Damaged): Alias {
  const { instance, command, "working-directory": directory = "default" } = isObject(alias) ? alias : {};
  const isWhole = typeof instance === "string" && typeof command === "string" && isFileName(name);
  if (!isWhole || (directory !== "map" && directory !== "default"))
    throw damaged(`its alias ${JSON.stringify(name)} cannot be read`);
  return { instance, command, "working-directory": directory };
}
