/** YAML through the `yaml` package, loaded only when it is asked for. */
import { escaped, hostile } from "./text.ts";
import type { Json } from "./view.ts";

/** How a document is written where that is not ours to say. */
export interface YamlStyle {
  /** What stands for nothing. */
  readonly nothing?: string;
  /** Texts that get double quotes. */
  readonly quoted?: RegExp;
}

export async function yaml(value: Json, { nothing = "null", quoted }: YamlStyle = {}): Promise<string> {
  const { Document, visit } = await import("yaml");
  const document = new Document(value);
  // Escapes exist only between double quotes, and the package leaves some characters bare that a terminal obeys.
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== "string") return;
      if (node.value.search(hostile) >= 0 || quoted?.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0, nullStr: nothing }).replaceAll(hostile, escaped);
}
