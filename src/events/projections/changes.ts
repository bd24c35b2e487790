/** What an operation sets: each key of a configuration, before and after. */
import type { Change } from "../../model/view.ts";
import type { Recorded } from "../envelope.ts";

/** Of the event that opened the operation; `before` is null for what did not exist. Whether it came to that, its outcome tells. */
export function changesOf({ type, data }: Recorded): Change[] {
  const { key, before, value, name } = data as Readonly<Record<string, Change["after"]>>;
  if (type === "instance.renamed") return [{ key: "name", before: before ?? null, after: name ?? null }];
  if (typeof key === "string") return [{ key, before: before ?? null, after: value ?? null }];
  if (type !== "instance.launch-requested") return [];
  const first = { name: name ?? null, ...(data["specs"] as Readonly<Record<string, number>>) };
  return Object.entries(first).map(([each, after]) => ({ key: each, before: null, after }));
}
