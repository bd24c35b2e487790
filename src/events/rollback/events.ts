/** What happens to a rollback: asked for with its whole plan, taken step by step, ended. Its stream is named by its operation. */
import { z } from "zod";
import { ForwardShape, hostPort } from "../../model/forward-view.ts";
import { Autostart } from "../../model/instance.ts";
import { Mount } from "../../model/mount.ts";
import { NetworkKind } from "../../model/network.ts";
import { event, undoMarks } from "../decider.ts";

const id = z.string();
/** One step; the fields of the command that it becomes, but for ids and times. */
export const PlannedStep = z.union([
  z.object({ type: z.enum(["delete", "recover"]), id }),
  z.object({ type: z.literal("configure"), id, key: z.enum(["cpus", "memory", "disk"]), value: z.int() }),
  z.object({ type: z.literal("configure"), id, key: z.literal("autostart"), value: Autostart }),
  z.object({ type: z.literal("configure"), id, key: z.literal("label"), label: z.string(), value: z.string() }),
  z.object({
    type: z.literal("configure-point"),
    id,
    point: z.string(),
    key: z.enum(["name", "comment"]),
    value: z.string(),
  }),
  z.object({ type: z.literal("mount"), id, mount: Mount }),
  z.object({ type: z.literal("unmount"), id, target: z.string(), force: z.boolean() }),
  z.object({ type: z.literal("configure"), id, key: z.enum(["allow-net", "interfaces"]), value: z.string() }),
  z.object({ type: z.enum(["detach-network", "attach-network"]), id }),
  z.object({ type: z.literal("create-network"), name: z.string(), kind: NetworkKind, subnet: z.string() }),
  z.object({ type: z.literal("delete-network"), name: z.string() }),
  z.object({ type: z.literal("rename"), id, name: z.string() }),
  z.object({ type: z.literal("restore"), id, to: z.string() }),
  z.object({ type: z.enum(["hold", "release"]), id, point: z.string() }),
  ForwardShape.extend({ type: z.literal("add-forward"), id }),
  z.object({ type: z.literal("remove-forward"), id, ...hostPort }),
  z.object({ type: z.literal("change-setting"), key: z.string(), value: z.string() }),
]);
export type PlannedStep = z.infer<typeof PlannedStep>;

/** More than a rollback of a thousand instances needs. */
export const stepsMax = 10_000;

export const RollbackEvent = z.discriminatedUnion("type", [
  event(
    "rollback.requested",
    1,
    z.object({
      number: z.int(),
      deadline: z.string(),
      ...undoMarks,
      /** Position and time that it goes back to. */
      to: z.object({ position: z.int(), time: z.string() }),
      plan: z.array(PlannedStep).max(stepsMax),
    }),
  ),
  /** In one batch with the events of its command, whose operation is this one's. */
  event("rollback.step-begun", 1, z.object({ rollback: z.string(), index: z.int() })),
  /** `failure`: absent when it went well. */
  event(
    "rollback.step-ended",
    1,
    z.object({
      rollback: z.string(),
      index: z.int(),
      failure: z.object({ code: z.string(), reason: z.string() }).optional(),
    }),
  ),
  /** No further step is begun. */
  event("rollback.cancel-requested", 1, z.object({})),
  event("rollback.ended", 1, z.object({ steps: z.int() })),
  event(
    "rollback.failed",
    1,
    z.object({
      step: z.string(),
      code: z.string(),
      reason: z.string(),
      result: z.enum(["failed", "cancelled", "timeout"]),
    }),
  ),
]);
export type RollbackEvent = z.infer<typeof RollbackEvent>;
