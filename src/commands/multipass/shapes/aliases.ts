/** `multipass aliases` in its shapes. */
import { allAliases } from "../alias-rules.ts";
import type { Aliases } from "../context.ts";
import type { Shapes } from "./format.ts";
import { columns, csvText } from "./format.ts";

export function aliasShapes(aliases: Aliases): Shapes {
  const active = aliases["active-context"];
  const rows = allAliases(aliases).map(({ context, name, alias }) => ({
    name,
    instance: alias.instance,
    command: alias.command,
    directory: alias["working-directory"],
    context: context === active ? `${context}*` : context,
  }));
  return {
    table: () =>
      rows.length === 0
        ? "No aliases defined.\n"
        : columns([
            ["Alias", "Instance", "Command", "Context", "Working directory"],
            ...rows.map(({ name, instance, command, context, directory }) => [
              name,
              instance,
              command,
              context,
              directory,
            ]),
          ]),
    json: () => ({ "active-context": active, contexts: mapped(aliases, inOrder) }),
    csv: () =>
      csvText([
        ["Alias", "Instance", "Command", "Working directory", "Context"],
        ...rows.map(({ name, instance, command, directory, context }) => [name, instance, command, directory, context]),
      ]),
    yaml: () => ({ active_context: active, aliases: mappedToLists(aliases) }),
  };
}

type OfOne = Aliases["contexts"][string];

/** Keys in the order of their letters, as the reference's file has them. */
const inOrder = (ofIt: OfOne) =>
  Object.fromEntries(
    Object.entries(ofIt).map(([name, { command, instance, "working-directory": directory }]) => [
      name,
      { command, instance, "working-directory": directory },
    ]),
  );

const mapped = <Value>({ contexts }: Aliases, make: (ofIt: OfOne) => Value): Record<string, Value> =>
  Object.fromEntries(Object.entries(contexts).map(([context, ofIt]) => [context, make(ofIt)]));

/** A context without aliases is nothing. */
const mappedToLists = (aliases: Aliases) =>
  mapped(aliases, (ofIt) => {
    const list = Object.entries(inOrder(ofIt)).map(([alias, rest]) => ({ alias, ...rest }));
    return list.length === 0 ? null : list;
  });
