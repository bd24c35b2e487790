/** Operations: the kinds of long work, their named steps, and how they end. */
import { z } from "zod";

export const OperationKind = z.enum([
  "launch",
  "fork",
  "import",
  "start",
  "stop",
  "stop-later",
  "stop-never",
  "suspend",
  "restart",
  "rename",
  "mount",
  "umount",
  "delete",
  "recover",
  "purge",
  "set",
  "snapshot",
  "restore",
  "delete-snapshot",
  "hold",
  "release",
  "forward",
  "unforward",
  "rollback",
  "network-create",
  "network-delete",
  "detach",
  "attach",
]);
export type OperationKind = z.infer<typeof OperationKind>;

/** One step is one effect; `nextStep(state)` picks it from what the log says is done. */
export const Step = z.enum([
  "image",
  "disk",
  "boot",
  "identity",
  "reachable",
  "cloud-init",
  "clock",
  "suspend",
  "resize",
  "stop",
  "destroy",
  "freeze",
  "rewind",
  "mount",
  "unmount",
  "mounts",
]);
export type Step = z.infer<typeof Step>;

export const OperationResult = z.enum(["pending", "ok", "failed", "cancelled", "timeout"]);
export type OperationResult = z.infer<typeof OperationResult>;

/** What subscribers of a running operation hear; none of it is in the log but the outcome. */
export const Progress = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("step"), step: Step, detail: z.string() }),
  z.object({ kind: z.literal("bytes"), step: Step, done: z.number(), total: z.number() }),
  z.object({ kind: z.literal("step-done"), step: Step, detail: z.string(), durationMs: z.number() }),
  z.object({ kind: z.literal("note"), label: z.string(), text: z.string() }),
]);
export type Progress = z.infer<typeof Progress>;

/** What a client shows of work of its own. */
export type ShownProgress =
  Progress | { readonly kind: "bytes"; readonly step: "transfer"; readonly done: number; readonly total: number };

/** A failure as recorded and as shown: never a stack, never a secret. */
export const Failure = z.object({
  step: z.string(),
  code: z.string(),
  reason: z.string(),
});
export type Failure = z.infer<typeof Failure>;
