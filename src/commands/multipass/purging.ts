/** What goes with instances that are gone for good: the aliases of their commands, in every context, with their scripts. */
import { allAliases, withoutInstances } from "./alias-rules.ts";
import type { MultipassContext } from "./context.ts";

export function forgetAliases(
  { aliases, say }: Pick<MultipassContext, "aliases" | "say">,
  instances: readonly string[],
): void {
  const book = aliases.read();
  const left = withoutInstances(book, instances);
  if (allAliases(left).length === allAliases(book).length) return;
  for (const { script, why } of aliases.write(left)) say(`Warning: '${why}' when removing alias script for ${script}`);
}
