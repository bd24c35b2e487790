/** What goes with an instance that is gone for good: the aliases of its commands, in every context, with their scripts. */
import type { Aliases, MultipassContext } from "./context.ts";

export function forgetAliases({ aliases }: Pick<MultipassContext, "aliases">, instances: readonly string[]): void {
  const book = aliases.read();
  const gone = new Set(instances);
  const contexts: Aliases["contexts"] = Object.fromEntries(
    Object.entries(book.contexts).map(([context, own]) => [
      context,
      Object.fromEntries(Object.entries(own).filter(([, { instance }]) => !gone.has(instance))),
    ]),
  );
  const count = (all: Aliases["contexts"]) => Object.values(all).flatMap(Object.keys).length;
  if (count(contexts) < count(book.contexts)) aliases.write({ ...book, contexts });
}
