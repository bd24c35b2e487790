/** `multipass list --snapshots` in its shapes. */
import type { Snapshot } from "../snapshots.ts";
import { columns, csvText, quotedField } from "./format.ts";
import type { Shapes } from "./format.ts";
import { byInstance } from "./order.ts";

/** With the ellipsis. */
const commentWidth = 50;

/** Those of one instance are in the order of their making, and stay so. */
export function snapshotListShapes(snapshots: readonly Snapshot[], primary: string): Shapes {
  const sorted = byInstance(snapshots, ({ instance }) => instance, primary);
  const table = () =>
    columns([
      ["Instance", "Snapshot", "Parent", "Comment"],
      ...sorted.map(({ instance, point, parent }) => [
        instance,
        point.name,
        parent ?? "--",
        shortComment(point.comment),
      ]),
    ]);
  return {
    table: () => (sorted.length === 0 ? "No snapshots found.\n" : table()),
    json: () => ({
      errors: [],
      info: grouped(snapshots, (own) =>
        Object.fromEntries(own.map(({ point, parent = "" }) => [point.name, { parent, comment: point.comment ?? "" }])),
      ),
    }),
    csv: () =>
      csvText([
        ["Instance", "Snapshot", "Parent", "Comment"],
        ...sorted.map(({ instance, point, parent = "" }) => [
          instance,
          point.name,
          parent,
          quotedField(point.comment ?? ""),
        ]),
      ]),
    yaml: () =>
      sorted.length === 0
        ? "\n"
        : grouped(sorted, (own) =>
            own.map(({ point, parent }) => ({
              [point.name]: [{ parent: parent ?? null, comment: orNothing(point.comment) }],
            })),
          ),
  };
}

/** By instance. */
export function grouped<Item extends { readonly instance: string }, Result>(
  items: readonly Item[],
  recordOf: (own: readonly Item[]) => Result,
): Record<string, Result> {
  const names = [...new Set(items.map(({ instance }) => instance))];
  return Object.fromEntries(names.map((name) => [name, recordOf(items.filter(({ instance }) => instance === name))]));
}

export const orNothing = (text: string | undefined): string | null => (text === undefined || text === "" ? null : text);

/** Up to the end of its first line. */
function shortComment(comment = ""): string {
  if (comment === "") return "--";
  const end = comment.search(/\r?\n/);
  const width = end < 0 ? commentWidth : Math.min(end + 1, commentWidth);
  return comment.length > width ? `${comment.slice(0, width - 1)}…` : comment;
}
