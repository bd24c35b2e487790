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

/** The columns of a table that is printed piece by piece. `table` widens them, and prints the header once. */
export interface Kept {
  widths: readonly number[];
  isHeaded: boolean;
}

/** A text made printable, measured once: a list of a thousand instances is on the quick path. */
interface Cell {
  readonly text: string;
  readonly width: number;
}

/** Header and rows; `kept`: what came before of the same table. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  page: Page,
  below?: Below<Row>,
  kept: Kept = { widths: [], isHeaded: false },
): string {
  const cellOf = (raw: string): Cell => {
    const text = printable(raw);
    return { text, width: page.width(text) };
  };
  const header = columns.map(({ title }) => cellOf(title));
  const cells = rows.map((row) => columns.map((column) => cellOf(column.cell(row, page))));
  const widest = header.map((cell, index) =>
    cells.reduce(
      (width, line) => Math.max(width, line[index]?.width ?? 0),
      Math.max(cell.width, kept.widths[index] ?? 0),
    ),
  );
  const widths = fit(widest, columns, page);
  const line = (texts: readonly Cell[], styleOf: (column: Column<Row>) => Style | undefined) =>
    columns
      .map((column, index) => placed(texts[index], widths[index] ?? 0, column, styleOf(column), page))
      .join(gap)
      .trimEnd();
  const indent = below ? " ".repeat(startOf(below.under, columns, widths)) : "";
  const body = rows.flatMap((row, at) => [
    line(cells[at] ?? [], (column) => column.style?.(row)),
    ...(below?.lines(row) ?? []).map((text) => indent + printable(text)),
  ]);
  const lines = kept.isHeaded ? body : [line(header, () => "dim"), ...body];
  kept.widths = widths;
  kept.isHeaded = true;
  return lines.join("\n");
}

/** A cell in its column: cut when it is too wide, padded to the width, styled. */
function placed(
  cell: Cell | undefined,
  width: number,
  column: Column<never>,
  style: Style | undefined,
  page: Page,
): string {
  if (!cell) return "";
  const text = cell.width <= width ? cell.text : cut(cell.text, width, page);
  const space = " ".repeat(Math.max(0, width - Math.min(cell.width, width)));
  return styled(column.isRight ? space + text : text + space, style, page.color);
}

/** Cells in front of a column. */
function startOf(title: string, columns: readonly Column<never>[], widths: readonly number[]): number {
  const index = columns.findIndex((column) => column.title === title);
  return widths.slice(0, index).reduce((sum, width) => sum + width + gap.length, 0);
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
