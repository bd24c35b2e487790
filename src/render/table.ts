/** Columns for people, and the same columns as CSV. */
import { cut, pad, printable, styled } from "./text.ts";
import type { Style } from "./text.ts";
import type { Page } from "./view.ts";

export interface Column<Row> {
  readonly title: string;
  cell(row: Row, page: Page): string;
  /** What CSV says instead, for programs. */
  csv?(row: Row): string;
  style?(row: Row): Style | undefined;
  readonly isRight?: boolean;
  /** May be cut when the terminal is narrow; at least this many cells stay. */
  readonly widthMin?: number;
}

const gap = "  ";

/** Lines of its own that a row brings; they stand under the column `under`. */
export interface Below<Row> {
  readonly under: string;
  lines(row: Row): readonly string[];
}

/** Header and rows. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  page: Page,
  below?: Below<Row>,
): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.cell(row, page))));
  const widths = fit(
    columns.map((column, index) =>
      Math.max(page.width(column.title), ...cells.map((line) => page.width(line[index] ?? ""))),
    ),
    columns,
    page,
  );
  const line = (texts: readonly string[], styleOf: (index: number) => Style | undefined) =>
    columns
      .map((column, index) => {
        const text = cut(texts[index] ?? "", widths[index] ?? 0, page);
        const isLast = index === columns.length - 1 && !column.isRight;
        return styled(isLast ? text : pad(text, widths[index] ?? 0, page, column.isRight), styleOf(index), page.color);
      })
      .join(gap)
      .trimEnd();
  const header = line(
    columns.map(({ title }) => title),
    () => "dim",
  );
  const indent = widths
    .slice(
      0,
      columns.findIndex(({ title }) => title === below?.under),
    )
    .reduce((sum, width) => sum + width + gap.length, 0);
  const body = rows.flatMap((row, at) => [
    line(cells[at] ?? [], (index) => columns[index]?.style?.(row)),
    ...(below?.lines(row) ?? []).map((text) => " ".repeat(indent) + printable(text)),
  ]);
  return [header, ...body].join("\n");
}

/** Takes what is too wide from the columns that may shrink, the widest first. */
function fit(widths: number[], columns: readonly Column<never>[], page: Page): number[] {
  if (page.columns === undefined) return widths;
  const fitted = [...widths];
  let excess = fitted.reduce((sum, width) => sum + width, 0) + gap.length * (columns.length - 1) - page.columns;
  while (excess > 0) {
    const spare = fitted.map((width, index) => width - (columns[index]?.widthMin ?? width));
    const index = spare.indexOf(Math.max(...spare));
    if ((spare[index] ?? 0) <= 0) break;
    fitted[index] = (fitted[index] ?? 0) - 1;
    excess -= 1;
  }
  return fitted;
}

/** CSV cells never depend on the page: a column whose cell needs one says its `csv`. */
export function csvOf<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
): { header: string[]; rows: string[][] } {
  return {
    header: columns.map(({ title }) => title.toLowerCase()),
    rows: rows.map((row) => columns.map((column) => (column.csv ? column.csv(row) : column.cell(row, plainPage)))),
  };
}

const plainPage: Page = {
  columns: undefined,
  color: false,
  localTime: (time) => time,
  width: (text) => text.length,
  age: () => 0,
};

/** `label  text` lines; a text of several lines stays behind its label. */
export function card(lines: readonly (readonly [label: string, text: string])[], page: Page): string {
  const width = Math.max(...lines.map(([label]) => page.width(label)));
  return lines
    .flatMap(([label, text]) =>
      text.split("\n").map((part, index) => {
        const shown = index === 0 ? label : "";
        return `${styled(pad(shown, width, page), "dim", page.color)}${gap}${printable(part)}`.trimEnd();
      }),
    )
    .join("\n");
}
