/** How the end of an operation is told. */
import type { OperationKind } from "../../model/operation.ts";
import { undoRows } from "../../model/undo.ts";

const results: Readonly<Record<string, string>> = {
  ok: "done",
  failed: "failed",
  cancelled: "cancelled",
  timeout: "took too long",
};

/** `launch web: done` */
export const doneWord = (what: string, result: string): string => `${what}: ${results[result] ?? result}`;

const isKind = (kind: string): kind is OperationKind => Object.hasOwn(undoRows, kind);

/** Can an operation of this kind be undone? */
export const canUndo = (kind: string): boolean => isKind(kind) && undoRows[kind].undo === "yes";

/** Why not, where that is known; `instance`: the name of what it was about. */
export function whyNotUndone(kind: string, instance = "INSTANCE"): string | undefined {
  if (!isKind(kind)) return undefined;
  const row = undoRows[kind];
  return row.undo === "yes" ? undefined : row.why.replace("INSTANCE", instance);
}
