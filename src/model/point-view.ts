/** What the daemon answers about points: one that was looked for, and all of an instance as a tree. */
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
