/** `multipass networks` in its shapes. */
import type { Shapes } from "./format.ts";
import { columns, csvText, quotedField } from "./format.ts";

/** An interface of this machine that instances can be joined to. */
export interface NetworkInterface {
  readonly name: string;
  /** `ethernet`, `bridge` */
  readonly type: string;
  readonly description: string;
}

export function networksShapes(interfaces: readonly NetworkInterface[]): Shapes {
  const sorted = interfaces.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    table: () =>
      sorted.length === 0
        ? "No network interfaces found.\n"
        : columns([
            ["Name", "Type", "Description"],
            ...sorted.map(({ name, type, description }) => [name, type, description]),
          ]),
    json: () => ({ list: sorted.map(({ name, type, description }) => ({ name, type, description })) }),
    csv: () =>
      csvText([
        ["Name", "Type", "Description"],
        ...sorted.map(({ name, type, description }) => [name, type, quotedField(description)]),
      ]),
    yaml: () =>
      sorted.length === 0
        ? "\n"
        : Object.fromEntries(sorted.map(({ name, type, description }) => [name, [{ type, description }]])),
  };
}
