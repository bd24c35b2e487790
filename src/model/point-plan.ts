/** What a restore or a fork would do, before it is done. */
import { z } from "zod";
import { Point } from "./point.ts";

export const PointPlan = z.object({
  /** Keys of the configuration that would be others, in words; `-` for what does not exist. */
  changes: z.array(z.object({ key: z.string(), before: z.string(), after: z.string() })),
  /** The point that the present would become; absent: nothing of it is kept, or it stays as it is. */
  branch: z.object({ name: z.string(), hasMemory: z.boolean() }).optional(),
  /** The machine that runs is stopped for it. */
  stops: z.boolean(),
  /** How the machine is afterwards: off, booted, or where its memory was. */
  ending: z.enum(["off", "boots", "goes on"]),
  /** What would not come back or not come along. */
  lost: z.array(z.string()),
});
export type PointPlan = z.infer<typeof PointPlan>;

/** With what only the daemon can tell: the point that was meant, and what it costs. */
export const MeasuredPlan = PointPlan.extend({
  point: Point,
  /** Milliseconds between the point and the time that was meant; absent when it was named. */
  distanceMs: z.number().optional(),
  /** Of the instance that a fork makes. */
  name: z.string().optional(),
  /** What the present takes on disk, its memory aside. */
  branchBytes: z.int().optional(),
  /** How long the newest restore of the instance took. */
  lastMs: z.number().optional(),
});
export type MeasuredPlan = z.infer<typeof MeasuredPlan>;
