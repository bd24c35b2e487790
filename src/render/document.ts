/** A document of a fixed form, such as the API's description: JSON for people and programs alike. */
import type { JsonObject, View } from "./view.ts";

/** `document` must be plain JSON. */
export function documentView(document: object): View {
  const json = document as JsonObject;
  return {
    document: json,
    records: [json],
    csv: { header: [], rows: [] },
    names: [],
    table: () => JSON.stringify(json, undefined, 2),
  };
}
