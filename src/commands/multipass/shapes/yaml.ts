/** YAML as the reference's emitter (yaml-cpp) writes it: block style, two spaces a step, hardly any quotes. */
import { escaped, hostile } from "../../../render/text.ts";
import type { Json } from "../../../render/view.ts";

/** Texts that the reference puts in double quotes by itself: with a colon, and digits led by a zero. */
const quotedByRule = /:|^0\d+$/;
/** What cannot stand without quotes: nothing, what reads as nothing, and what YAML has a meaning for. */
const notPlain = /^$|^(?:~|null|Null|NULL)$|^[\s,[\]{}#&*!|>'"%@`]|^[-?](?:\s|$)|\s$|\s#|[^ -~\u00a0-\uffff]/u;

/** Ends its last line. */
export const cppYaml = (json: Json): string => `${linesOf(json).join("\n")}\n`;

function linesOf(json: Json): string[] {
  if (typeof json !== "object" || json === null) return [scalar(json)];
  if (isList(json)) return json.length === 0 ? ["[]"] : json.flatMap(itemLines);
  const entries = Object.entries(json).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return entries.length === 0 ? ["{}"] : entries.flatMap(entryLines);
}

function itemLines(item: Json): string[] {
  const [first = "", ...more] = linesOf(item);
  return [`- ${first}`, ...more.map((line) => `  ${line}`)];
}

/** What is no scalar begins on a line of its own, also when it is empty. */
function entryLines([key, value]: [string, Json]): string[] {
  const lines = linesOf(value);
  const name = scalar(key);
  if (typeof value !== "object" || value === null) return [`${name}: ${lines[0]}`];
  return [`${name}:`, ...lines.map((line) => `  ${line}`)];
}

function scalar(value: string | number | boolean | null): string {
  if (value === null) return "~";
  if (typeof value !== "string") return String(value);
  const isQuoted = quotedByRule.test(value) || notPlain.test(value) || value.search(hostile) >= 0;
  return isQuoted ? JSON.stringify(value).replaceAll(hostile, escaped) : value;
}

const isList = (json: object): json is readonly Json[] => Array.isArray(json);
