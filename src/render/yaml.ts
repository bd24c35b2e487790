/** YAML through the `yaml` package, loaded only when it is asked for. */
import type { Json } from "./view.ts";

export async function yaml(document: Json): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(document, { lineWidth: 0 });
}
