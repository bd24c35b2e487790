/** Aliases that come along with instances: into this user's book of the personality multipass. */
import { withBook } from "../../commands/multipass/alias-rules.ts";
import type { Config } from "../../config.ts";
import type { ForeignAliases } from "../../model/foreign.ts";
import { aliasesOf } from "../multipass/alias-file.ts";
import { aliasBook } from "../multipass/aliases.ts";

/** What the scripts call. It is looked for when they run: this command has another name. */
const program = "multipass";

/** See `ForeignStores.takeAliases`. */
export function takeAliases(
  {
    aliasFile: file,
    aliasDirectory: directory,
    searchPath,
  }: Pick<Config, "aliasFile" | "aliasDirectory" | "searchPath">,
  found: ForeignAliases,
  instances: readonly string[],
): { readonly added: readonly string[]; readonly kept: readonly string[] } {
  const book = aliasBook({ file, directory, searchPath, program });
  const { aliases, added, kept } = withBook(book.read(), aliasesOf({ ...found }, "of the aliases"), new Set(instances));
  if (added.length > 0) book.write(aliases);
  const names = (places: typeof added) => places.map(({ name }) => name);
  return { added: names(added), kept: names(kept) };
}
