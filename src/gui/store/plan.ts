/** What is looked at before it is done: the daemon says what would change, what would become a branch, what cannot come back. */
import type { At } from "./moment.ts";

export type Plan =
  /** `operation`: its number; absent: the newest change of this user. */
  | { readonly kind: "undo" | "redo"; readonly operation?: number }
  /** `point`: a word that means one: a name, `last`, an operation's number, a time. */
  | { readonly kind: "restore" | "fork"; readonly instance: string; readonly point: string }
  | { readonly kind: "rollback"; readonly at: At };
