/** The sides of the history that one can narrow it by: what values there are, how often, and which rows are left. */
import type { HistoryRow } from "../../model/view.ts";

const sides = {
  who: ({ who }: HistoryRow) => who,
  what: ({ type }: HistoryRow) => type,
  instance: ({ instance }: HistoryRow) => instance,
  result: ({ result }: HistoryRow) => result,
} as const;

export type Facet = keyof typeof sides;
export const facets = Object.keys(sides) as readonly Facet[];

/** What was chosen of each; absent: all. `text`: words that must all be found, in capitals or not. */
export type Narrowing = Readonly<Partial<Record<Facet | "text", string>>>;

export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

/** More would be no choice any more. */
const valuesMax = 100;

const fits = (narrowing: Narrowing, row: HistoryRow, except?: Facet): boolean =>
  facets.every((facet) => facet === except || narrowing[facet] === undefined || sides[facet](row) === narrowing[facet]);

function has(text: string | undefined, { what, who, reason, number, instance }: HistoryRow): boolean {
  const words = (text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const all = [what, who, reason, instance, number].join(" ").toLowerCase();
  return words.every((word) => all.includes(word));
}

export const narrowed = (rows: readonly HistoryRow[], narrowing: Narrowing): HistoryRow[] =>
  rows.filter((row) => fits(narrowing, row) && has(narrowing.text, row));

/** The values of one side among the rows that all the others leave, the most frequent first; the chosen one is always there. */
export function valuesOf(rows: readonly HistoryRow[], facet: Facet, narrowing: Narrowing): FacetValue[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = sides[facet](row);
    if (value !== undefined && fits(narrowing, row, facet)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const chosen = narrowing[facet];
  if (chosen !== undefined && !counts.has(chosen)) counts.set(chosen, 0);
  return [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((one, other) => other.count - one.count || (one.value < other.value ? -1 : 1))
    .slice(0, valuesMax);
}
