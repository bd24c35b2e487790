/** `multipass unalias`: takes names of commands away. */
import { flag } from "../../command.ts";
import { allAliases, placeOf, withoutAliases } from "../alias-rules.ts";
import type { AliasPlace } from "../alias-rules.ts";
import type { Aliases } from "../context.ts";
import { namesOrAll } from "../instances.ts";
import { lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const unalias = defineMultipassVerb({
  name: "unalias",
  aliases: [],
  summary: "Remove aliases",
  about: "Remove aliases, and the scripts that stand for them.",
  syntax: "<name> [<name> ...]",
  arguments: [{ name: "name", about: "Aliases of the current context, or <context>.<alias>", completes: "alias" }],
  options: { all: flag("All aliases of the current context") },
  async run(context, { words, options }) {
    const aliases = context.aliases.read();
    const gone = chosen(aliases, namesOrAll(words, options));
    for (const { script, why } of context.aliases.write(withoutAliases(aliases, gone)))
      context.say(`Warning: '${why}' when removing alias script for ${script}`);
    return multipassExit.ok;
  },
});

/** `names` undefined: all of the current context. */
function chosen(aliases: Aliases, names: readonly string[] | undefined): readonly AliasPlace[] {
  if (!names) return allAliases(aliases).filter(({ context }) => context === aliases["active-context"]);
  const found = names.map((name) => ({ name, place: placeOf(aliases, name) }));
  const missing = found.filter(({ place }) => !place).map(({ name }) => name);
  if (missing.length > 0)
    throw lineError(`Nonexistent ${missing.length === 1 ? "alias" : "aliases"}: ${missing.join(", ")}.`);
  return found.flatMap(({ place }) => place ?? []);
}
