/** Points of an instance's past: what is known of each. */
import { z } from "zod";
import { ForwardShape } from "./forward-view.ts";
import { Specs } from "./instance.ts";
import { Mount } from "./mount.ts";
import { NetworkConfiguration } from "./network.ts";

/** `snapshot`: asked for; `branch`: a present that was left; `auto`: made by the way, and the first to go. */
export const PointKind = z.enum(["snapshot", "branch", "auto"]);
export type PointKind = z.infer<typeof PointKind>;

/** How sure it is that the files in it are whole: the machine was off, stood still, has its memory with it, or as after a power cut. */
export const Consistency = z.enum(["off", "quiet", "memory", "crash"]);
export type Consistency = z.infer<typeof Consistency>;

/** Memory that a point keeps; it loads only into the same hardware, build and accelerator. */
export const KeptMemory = z.object({
  memory: z.string(),
  memoryBytes: z.int(),
  build: z.string(),
  accelerator: z.string(),
});
export type KeptMemory = z.infer<typeof KeptMemory>;

/** A place that can be gone back to: a frozen layer, with its memory where that was kept, and what the instance was made of. */
export const Point = z.object({
  id: z.string(),
  name: z.string(),
  kind: PointKind,
  layer: z.string(),
  madeAt: z.string(),
  /** Number of the operation that made it. */
  operation: z.int(),
  /** Kind of that operation. */
  cause: z.string(),
  comment: z.string().optional(),
  expires: z.string().optional(),
  isHeld: z.boolean(),
  /** What its layer took on disk when it was frozen. */
  bytes: z.int(),
  consistency: Consistency,
  /** How long the guest stood still for it, milliseconds. */
  pausedMs: z.number().optional(),
  kept: KeptMemory.optional(),
  specs: Specs,
  mounts: z.array(Mount).optional(),
  /** Ports of the host that led into it; absent: none. */
  forwards: z.array(ForwardShape).optional(),
  /** Absent: it is of a time when nothing was recorded of it. */
  network: NetworkConfiguration.optional(),
});
export type Point = z.infer<typeof Point>;
