/** The calls about points of the past: making them, going back, forks, undo. */
import { z } from "zod";
import { FileDifference, FileListing } from "../model/past-files.ts";
import { commentMax } from "../model/point-word.ts";
import { MeasuredPlan } from "../model/point-plan.ts";
import { FoundPoint, PointTree } from "../model/point-view.ts";
import { UndoPlan } from "../model/point-view.ts";
import { AsOf } from "../model/view.ts";
import { At, instance, textMax } from "./inputs.ts";
import { Accepted, call, changing, expiresMsMax, frames, pointWord, stream } from "./shapes.ts";

/** Absolute, as in the guest. */
const filePath = z.string().startsWith("/").max(textMax);

export const pointCalls = {
  /** A copy-on-write copy of a point, with an identity of its own. */
  "instance.fork": call(
    z.object({
      ...changing,
      instance,
      point: pointWord,
      /** Absent: one is made from the source's. */
      name: z.string().max(textMax).optional(),
      /** Without a name: it is called `web-clone1`, `web-clone2` and so on; no number comes twice. */
      isClone: z.boolean().optional(),
      starts: z.boolean(),
      /** Boots, though the point has memory to go on from. */
      diskOnly: z.boolean().optional(),
    }),
    Accepted,
  ),

  /** `point`: its name; absent: the next of `snapshot1`, `snapshot2` … */
  "point.snapshot": call(
    z.object({
      ...changing,
      instance,
      name: z.string().max(textMax).optional(),
      /** The memory of a machine that runs too, so that going back is no boot. */
      withMemory: z.boolean(),
      comment: z.string().max(commentMax).optional(),
      /** Milliseconds from now; absent: it stays. */
      expiresMs: z.int().min(1000).max(expiresMsMax).optional(),
      /** Made by the way, by `try`: the first kind to go. */
      auto: z.boolean().optional(),
    }),
    Accepted,
  ),
  "point.restore": call(
    z.object({
      ...changing,
      instance,
      point: pointWord,
      /** Throws the present away, instead of keeping it as a branch. */
      discard: z.boolean(),
      /** Boots, though the point has memory. */
      diskOnly: z.boolean(),
    }),
    Accepted,
  ),
  /** What a restore to a point, or a fork from it, would do, and refuses what they would refuse. */
  "point.plan": call(
    z.object({
      what: z.enum(["restore", "fork"]),
      instance,
      point: pointWord,
      discard: z.boolean(),
      diskOnly: z.boolean(),
      /** Of a fork. */
      name: z.string().max(textMax).optional(),
      starts: z.boolean(),
    }),
    MeasuredPlan,
  ),
  "point.delete": call(z.object({ ...changing, instance, point: pointWord }), Accepted),
  /** A held point is neither deleted nor thinned out. */
  "point.hold": call(z.object({ ...changing, instance, point: pointWord, held: z.boolean() }), Accepted),
  /** The point that a word means: a name, `last`, an operation's number, or a time (ISO 8601). */
  "point.find": call(z.object({ instance, point: pointWord }), FoundPoint),
  /** All points of one instance or of every one, with what stands on what. */
  "point.tree": call(z.object({ instance: instance.optional() }), z.array(PointTree)),

  /** What is in a folder of a point, by name; of a file itself. No machine is started. */
  "point.files": call(z.object({ instance, point: pointWord, path: filePath }), FileListing),
  /** The bytes of a file, or a folder as a tar archive. The started frame has the entry (FileEntry); then stdout frames, and exit. */
  "point.read": frames(z.object({ instance, point: pointWord, path: filePath })),
  /** Paths that are different at the second point. */
  "point.changes": stream(z.object({ instance, before: pointWord, after: pointWord }), FileDifference),

  /** What undo (of the caller's newest change, or of one by its number) or redo would do. */
  "undo.plan": call(z.object({ operation: z.int().min(1).optional(), isRedo: z.boolean() }), UndoPlan),
  /** Does it, if it is still about operation `planned`. */
  "undo.run": call(
    z.object({ ...changing, operation: z.int().min(1).optional(), isRedo: z.boolean(), planned: z.int().min(1) }),
    Accepted,
  ),

  /** What would bring everything managed back to how it was. `position`: of the log now. */
  "rollback.plan": call(
    z.object({ at: At }),
    z.object({ asOf: AsOf, lines: z.array(z.string()), remains: z.array(z.string()), position: z.int() }),
  ),
  "rollback.run": call(z.object({ ...changing, at: At }), Accepted),
} as const;
