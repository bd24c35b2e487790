/** What happens to an instance's mounts: they are asked for, taken away, and break and come back by themselves. */
import { z } from "zod";
import { Mount } from "../../model/mount.ts";
import { event } from "../decider.ts";
import { intent, none, Why } from "./event-parts.ts";

export const mountEvents = [
  event("instance.mount-requested", 1, intent.extend({ mount: Mount })),
  /** It is wanted from now on, and there where the guest answers. */
  event("instance.mount-added", 1, z.object({ mount: Mount })),
  event("instance.mount-failed", 1, Why),
  event("instance.unmount-requested", 1, intent.extend({ mount: Mount, force: z.boolean() })),
  event("instance.mount-removed", 1, z.object({ target: z.string() })),
  event("instance.unmount-failed", 1, Why),
  /** A step of whatever starts an instance with mounts: each is there, or known to be degraded. */
  event("instance.mounts-settled", 1, none),
  event("instance.mount-degraded", 1, z.object({ target: z.string(), code: z.string(), reason: z.string() })),
  event("instance.mount-restored", 1, z.object({ target: z.string() })),
] as const;
