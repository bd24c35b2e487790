/** What the daemon answers about points: one that was looked for, all of an instance as a tree, and what an undo would do. */
import { z } from "zod";
import { Point } from "./point.ts";

/** A point, and how far it is from the time that was asked for. */
export const FoundPoint = z.object({
  point: Point,
  /** Milliseconds between the point and the time or the operation's end that was meant; absent when it was named. */
  distanceMs: z.number().optional(),
});
export type FoundPoint = z.infer<typeof FoundPoint>;

/** The points of an instance, oldest first. `parent`: name of the point that its disk began from; absent: the image. */
export const PointTree = z.object({
  instance: z.object({ id: z.string(), name: z.string() }),
  points: z.array(Point.extend({ parent: z.string().optional() })),
  /** Name of the point that the disk of now stands on. */
  now: z.string().optional(),
});
export type PointTree = z.infer<typeof PointTree>;

/** What undo or redo would do. */
export const UndoPlan = z.object({
  /** The operation that it is about. */
  operation: z.int(),
  isRedo: z.boolean(),
  /** `restore web@good` */
  what: z.string(),
  who: z.string(),
  at: z.string(),
  /** What else happened since and is left as it is: `1 exec`, `2 starts`. */
  since: z.array(z.string()),
  /** What would change, a sentence each. */
  lines: z.array(z.string()).max(1_000),
});
export type UndoPlan = z.infer<typeof UndoPlan>;
