/** A value of a configuration as people read it. */
import { formatSize } from "../model/size.ts";

const sizes = new Set(["memory", "disk"]);

/** `2G`, `4`, `last`; `-` for what did not exist. */
export function plainValue(key: string, value: unknown): string {
  if (value === undefined || value === null) return "-";
  if (typeof value === "number" && sizes.has(key)) return formatSize(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}
