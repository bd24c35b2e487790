/** Events as rows for a spreadsheet: what everybody asks for in columns of their own, the rest as JSON. */
import { csvLine } from "./format.ts";
import type { Json, JsonObject } from "./view.ts";

const columns = "position time type stream revision operation command who by via reason data hash".split(" ");

export const eventHeader: string = csvLine(columns);

/** `line`: an event as it is in the log. */
export function eventRow(line: string): string {
  const event = JSON.parse(line) as JsonObject;
  const by = (event["by"] ?? {}) as JsonObject;
  const cells = { ...event, who: by["name"], by: by["id"], via: by["via"], data: JSON.stringify(event["data"]) };
  return csvLine(columns.map((column) => text((cells as JsonObject)[column])));
}

const text = (value: Json | undefined): string => (value === undefined || value === null ? "" : String(value));
