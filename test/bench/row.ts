/** A figure as a line of the table: ours, the bare tool's, what was aimed at, and whether it is met. */

export interface Goal {
  readonly text: string;
  readonly isMet: boolean;
}

export interface Row {
  readonly what: string;
  readonly ours: string;
  readonly bare?: string;
  /** Ours through bare, in time: below 1 is faster than the bare tool. */
  readonly ratio?: number;
  readonly goal?: Goal;
}

/** `value` is to stay at or below `limit`. */
export const atMost = (value: number, limit: number, unit = ""): Goal => ({
  text: `at most ${limit}${unit}`,
  isMet: value <= limit,
});

/** As Markdown. */
export function tableOf(rows: readonly Row[]): string {
  return [
    "| figure | ours | bare | ratio | goal | met |",
    "|---|--:|--:|--:|---|---|",
    ...rows.map(({ what, ours, bare, ratio, goal }) => {
      const met = goal === undefined ? "" : goal.isMet ? "yes" : "NO";
      return `| ${what} | ${ours} | ${bare ?? ""} | ${ratio?.toFixed(2) ?? ""} | ${goal?.text ?? ""} | ${met} |`;
    }),
  ].join("\n");
}
