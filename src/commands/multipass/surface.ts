/** What can be typed under the name of multipass, for completion. */
import type { ApiClient } from "../../api/client.ts";
import type { Candidate, CompletedVerb, LookUp, Surface } from "../complete.ts";
import { allAliases } from "./alias-rules.ts";
import type { Aliases } from "./context.ts";
import { allKeys } from "./settings/keys.ts";
import { globalHidden, globalOptions } from "./verb.ts";
import type { MultipassText } from "./verb.ts";

/** After the first word, the guest's begin. */
const guestVerb = "exec";

export function surfaceOf(verbs: readonly MultipassText[]): Surface {
  const common = without(globalOptions, globalHidden);
  return {
    verbs: verbs.map(completed),
    before: common,
    common,
    besides: "alias",
    topics: verbs.map(({ name, summary }) => ({ word: name, about: summary })),
  };
}

function completed({ name, aliases, summary, syntax, options, hidden = [], ...verb }: MultipassText): CompletedVerb {
  return {
    name,
    aliases,
    summary,
    options: without(options, hidden),
    guestWords: name === guestVerb,
    arguments: verb.arguments.map(({ completes }) => ({
      many: syntax.includes("..."),
      ...(completes !== undefined && { completes }),
    })),
  };
}

const without = <Value>(record: Readonly<Record<string, Value>>, names: readonly string[]): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));

/** Live names; aliases out of the book, and keys as they are called here. */
export function lookUpOf(
  live: LookUp,
  { api, read }: { readonly api: ApiClient; readonly read: () => Aliases },
): LookUp {
  const keys = () => allKeys({ api, say: () => undefined });
  return async (what) => {
    if (what === "alias") return aliasWords(read());
    if (what === "setting") return (await keys()).map((word) => ({ word, about: "" }));
    if (what === "assignment") return (await keys()).map((word) => ({ word: `${word}=`, about: "" }));
    return live(what);
  };
}

/** Those of the current context by their names, the others with their contexts. */
function aliasWords(aliases: Aliases): readonly Candidate[] {
  const active = aliases["active-context"];
  return allAliases(aliases).map(({ context, name, alias }) => ({
    word: context === active ? name : `${context}.${name}`,
    about: `${alias.command} in ${alias.instance}`,
  }));
}
