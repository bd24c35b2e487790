/** The only switch over output formats. */
import { UserError, exitCodes, unreachable } from "../errors.ts";
import { nearest } from "../model/name.ts";
import { escaped, hostile, printable } from "./text.ts";
import type { Json, Page, View } from "./view.ts";
import { yaml } from "./yaml.ts";

export const formats = ["table", "json", "yaml", "csv", "ndjson"] as const;
export type Format = (typeof formats)[number] | "quiet";

/** Throws `format-unknown`. */
export function parseFormat(text: string): (typeof formats)[number] {
  // Its other name.
  const format = text === "jsonl" ? "ndjson" : formats.find((candidate) => candidate === text);
  if (format) return format;
  const close = nearest(text, formats);
  throw new UserError("format-unknown", `"${text}" is not an output format`, {
    exit: exitCodes.usage,
    hints: [...(close === undefined ? [] : [["did you mean", close] as const]), ["form", formats.join(", ")]],
  });
}

/** The whole answer, with its last line's end; an empty answer is empty. */
export async function render(view: View, format: Format, page: Page): Promise<string> {
  switch (format) {
    case "table":
      return closed(view.table(page));
    case "json":
      return closed(safeJson(view.document, 2));
    case "yaml":
      return closed(await yaml(view.document));
    case "csv":
      return [view.csv.header, ...view.csv.rows].map(csvLine).join("");
    case "ndjson":
      return view.records.map((record) => `${safeJson(record)}\n`).join("");
    case "quiet":
      return view.names.map((name) => `${name}\n`).join("");
    default:
      return unreachable(format);
  }
}

const closed = (text: string) => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

export function safeJson(value: Json, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(hostile, escaped);
}

/** One row, with its line end. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(",")}\n`;

/** RFC 4180; line ends and tabs stay, other control characters are shown. */
function csvCell(text: string): string {
  const shown = text
    .split(/([\n\t])/)
    .map((part) => (part === "\n" || part === "\t" ? part : printable(part)))
    .join("");
  return /[",\r\n]/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}
