/** Who else than the daemon may log in to a guest: told once for each key. */
import { z } from "zod";
import { event } from "../decider.ts";

export const keyEvents = [
  /** `fingerprint`: `SHA256:…`, as OpenSSH prints it. */
  event("instance.key-authorized", 1, z.object({ fingerprint: z.string(), user: z.string() })),
] as const;
