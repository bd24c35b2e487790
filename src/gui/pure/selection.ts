/** Which rows of a table are chosen, by id. */

export type Selection = ReadonlySet<string>;

export const toggled = (selection: Selection, id: string): Selection => {
  const next = new Set(selection);
  if (!next.delete(id)) next.add(id);
  return next;
};

/** Everything from one row to another, in the order in which they are shown, beside what is chosen already. */
export function extended(selection: Selection, shown: readonly string[], from: string, to: string): Selection {
  const [a, b] = [shown.indexOf(from), shown.indexOf(to)].sort((left, right) => left - right);
  if (a === undefined || b === undefined || a < 0) return toggled(selection, to);
  return new Set([...selection, ...shown.slice(a, b + 1)]);
}

/** All that is shown; nothing, where all of it is chosen already. */
export const allOrNone = (selection: Selection, shown: readonly string[]): Selection =>
  shown.every((id) => selection.has(id)) ? new Set() : new Set(shown);

/** What is chosen and still there. */
export const stillThere = (selection: Selection, present: ReadonlySet<string>): Selection =>
  [...selection].every((id) => present.has(id)) ? selection : new Set([...selection].filter((id) => present.has(id)));
