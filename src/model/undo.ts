/** What undo can do about each kind of operation: one row a kind, read by the planner, by `undo --dry-run` and by the help. */
import type { OperationKind } from "./operation.ts";

export type UndoRow =
  /** `how`: what undoing it does. */
  | { readonly undo: "yes"; readonly how: string }
  /** `helps`: a line to type instead; INSTANCE, POINT and N stand for what it was about. */
  | { readonly undo: "no"; readonly why: string; readonly helps?: string }
  /** Changes nothing that lasts: plain undo looks past it. */
  | { readonly undo: "passed over"; readonly why: string };

export const undoRows: Readonly<Record<OperationKind, UndoRow>> = {
  launch: { undo: "yes", how: "the instance goes to the trash" },
  fork: { undo: "yes", how: "the new instance goes to the trash" },
  import: { undo: "yes", how: "the instance that was taken over goes to the trash" },
  delete: { undo: "yes", how: "the instance is taken out of the trash, stopped" },
  recover: { undo: "yes", how: "the instance goes to the trash again" },
  set: { undo: "yes", how: "the value of before is set again" },
  rename: { undo: "yes", how: "the name of before is given back" },
  mount: { undo: "yes", how: "the folder is unmounted" },
  umount: { undo: "yes", how: "the folder is mounted again" },
  restore: { undo: "yes", how: "the instance goes back to the branch that kept its state, with its memory" },
  rollback: { undo: "yes", how: "everything goes back to how it was before it" },
  hold: { undo: "yes", how: "the point is released" },
  release: { undo: "yes", how: "the point is held again" },
  forward: { undo: "yes", how: "the port is let go of" },
  unforward: { undo: "yes", how: "the port leads to the instance again" },
  detach: { undo: "yes", how: "the instance is on its network again" },
  attach: { undo: "yes", how: "the instance is detached again" },
  "network-create": { undo: "yes", how: "the network is deleted, if no instance is in it" },
  "network-delete": { undo: "yes", how: "the network is there again, with its subnet" },
  snapshot: { undo: "no", why: "a snapshot changes nothing in the instance", helps: "strata restore INSTANCE@POINT" },
  "delete-snapshot": { undo: "no", why: "a deleted point is gone for good", helps: "strata history INSTANCE --tree" },
  purge: { undo: "no", why: "a purge is final: the disk is gone", helps: "strata history" },
  start: { undo: "passed over", why: "strata stop INSTANCE does that" },
  stop: { undo: "passed over", why: "strata start INSTANCE does that" },
  "stop-later": { undo: "passed over", why: "strata stop --cancel INSTANCE does that" },
  "stop-never": { undo: "passed over", why: "strata stop --in TIME INSTANCE does that" },
  restart: { undo: "passed over", why: "a restart leaves the instance as it was" },
  suspend: { undo: "passed over", why: "strata start INSTANCE goes on from there" },
};
