/** What the daemon records about itself and its door: starts, stops, refusals. */
import { z } from "zod";
import { event } from "../decider.ts";

/** What was in the layers `from`, which stood below it, is in the layer itself now. Nothing that is read through it has changed. */
const Merged = z.object({
  layer: z.string(),
  from: z.array(z.string()),
  /** What it stands on now; absent: an image. */
  parent: z.string().exactOptional(),
  /** What it takes on disk now. */
  bytes: z.int(),
});

export const DaemonEvent = z.discriminatedUnion("type", [
  event("daemon.started", 1, z.object({ version: z.string(), pid: z.int(), boot: z.string() })),
  event("daemon.stopped", 1, z.object({ pid: z.int(), why: z.string() })),
  /** In this boot of the host, the instances that start with it were asked to. */
  event("daemon.autostarted", 1, z.object({ boot: z.string(), count: z.int() })),
  /** Files of layers and memories that nothing needs were put aside, or were gone already: ids. */
  event("layers.discarded", 1, z.object({ gone: z.array(z.string()) })),
  event("layers.merged", 1, Merged),
  event("access.refused", 1, z.object({ call: z.string(), why: z.string() })),
  /** Somebody signed in at the window; `program` is that which asked for it. */
  event("window.opened", 1, z.object({ session: z.string(), program: z.string().exactOptional() })),
  /** `lost`: the daemon after the one that had it could not go on with it. */
  event("window.ended", 1, z.object({ session: z.string(), why: z.enum(["left", "idle", "lost"]) })),
  /** `user`: whose it was. */
  event("window.revoked", 1, z.object({ session: z.string(), user: z.string() })),
]);
export type DaemonEvent = z.infer<typeof DaemonEvent>;
