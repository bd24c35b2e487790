/** `multipass version` in its shapes. */
import type { Shapes } from "./format.ts";
import { columns, csvText } from "./format.ts";

/** `daemon`: undefined when none answers. */
export function versionShapes(client: string, daemon: string | undefined): Shapes {
  const record = { multipass: client, ...(daemon !== undefined && { multipassd: daemon }) };
  return {
    table: () => columns(Object.entries(record), ["multipassd".length + 3 - 1]),
    json: () => record,
    csv: () =>
      csvText([
        ["Multipass", "Multipassd", "Title", "Description", "URL"],
        [client, daemon ?? "", "", "", ""],
      ]),
    yaml: () => record,
  };
}
