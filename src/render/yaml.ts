/** YAML through the `yaml` package, loaded only when it is asked for. */
import { escaped, hostile } from "./text.ts";
import type { Json } from "./view.ts";

export async function yaml(value: Json): Promise<string> {
  const { Document, visit } = await import("yaml");
  const document = new Document(value);
  // Escapes exist only between double quotes, and the package leaves some characters bare that a terminal obeys.
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && node.value.search(hostile) >= 0) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0 }).replaceAll(hostile, escaped);
}
