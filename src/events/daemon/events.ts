/** What the daemon records about itself and its door: starts, stops, refusals. */
import { z } from "zod";
import { event } from "../decider.ts";

export const DaemonEvent = z.discriminatedUnion("type", [
  event("daemon.started", 1, z.object({ version: z.string(), pid: z.int(), boot: z.string() })),
  event("daemon.stopped", 1, z.object({ pid: z.int(), why: z.string() })),
  event("access.refused", 1, z.object({ call: z.string(), why: z.string() })),
]);
export type DaemonEvent = z.infer<typeof DaemonEvent>;
