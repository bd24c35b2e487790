/** The four shapes of an answer, as the reference prints them. */
import type { Json } from "../../../render/view.ts";
import { value } from "../../command.ts";
import type { MultipassContext } from "../context.ts";
import { lineError } from "../stop.ts";
import { cppYaml } from "./yaml.ts";

const formats = ["table", "json", "csv", "yaml"] as const;
type Format = (typeof formats)[number];

export const formatOption = {
  format: {
    ...value("format", "Shape of the answer: table (when none is given), json, csv or yaml", parseFormat),
    choices: formats,
  },
};

function parseFormat(text: string): Format {
  const format = formats.find((each) => each === text);
  if (!format) throw lineError("Invalid format type given.");
  return format;
}

/** One answer in each shape; each text ends its own last line. */
export interface Shapes {
  table(): string;
  json(): Json;
  csv(): string;
  /** For the emitter; a text is printed as it is. */
  yaml(): Json;
}

/** Prints an answer in the shape asked for. */
export function print({ stdout }: Pick<MultipassContext, "stdout">, shapes: Shapes, format: Format = "table"): void {
  stdout.write(textOf(shapes, format));
}

function textOf(shapes: Shapes, format: Format): string {
  if (format === "json") return `${prettyJson(shapes.json())}\n`;
  if (format === "csv") return shapes.csv();
  if (format === "table") return shapes.table();
  const document = shapes.yaml();
  return typeof document === "string" ? document : cppYaml(document);
}

/** Four spaces a step; what is empty is broken over two lines. */
export function prettyJson(json: Json, indent = ""): string {
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  const inner = `${indent}    `;
  const lines = isList(json)
    ? json.map((item) => `${inner}${prettyJson(item, inner)}`)
    : Object.entries(json).flatMap(([key, item]) =>
        item === undefined ? [] : [`${inner}${JSON.stringify(key)}: ${prettyJson(item, inner)}`],
      );
  const [open, close] = isList(json) ? ["[", "]"] : ["{", "}"];
  return [open, ...(lines.length === 0 ? [] : [lines.join(",\n")]), `${indent}${close}`].join("\n");
}

const isList = (json: object): json is readonly Json[] => Array.isArray(json);

/** A field of a CSV line that may hold a comma. */
export const quotedField = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** Header and lines. */
export const csvText = (lines: readonly (readonly string[])[]): string =>
  lines.map((fields) => `${fields.join(",")}\n`).join("");

/** Three spaces behind the longest cell of each column, or the least width that the reference gives it. */
export function columns(lines: readonly (readonly string[])[], widthsMin: readonly number[] = []): string {
  const [header = []] = lines;
  const widths = header.map((_, at) =>
    Math.max(widthsMin[at] ?? 0, ...lines.map((cells) => (cells[at] ?? "").length + columnGap)),
  );
  return lines
    .map((cells) => cells.map((cell, at) => (at === cells.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join(""))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

const columnGap = 3;
