/** What a guest that runs says of itself, now; what it does not say is absent. */
import { z } from "zod";

const Used = z.object({ usedBytes: z.int().min(0), totalBytes: z.int().min(0) });

export const GuestFacts = z.object({
  /** Of the last minute, five and fifteen. */
  load: z.tuple([z.number(), z.number(), z.number()]).optional(),
  /** Used: not available for more. */
  memory: Used.optional(),
  /** The file system at /. */
  disk: Used.optional(),
  /** PRETTY_NAME of its os-release. */
  release: z.string().optional(),
  /** Global addresses of all its cards, in its own order. */
  ipv4: z.array(z.string()),
});
export type GuestFacts = z.infer<typeof GuestFacts>;

/** The facts of one instance, and why there are none, or only those of before. */
export const AskedGuest = z.object({
  id: z.string(),
  name: z.string(),
  facts: GuestFacts.optional(),
  /** Of facts that are older than now: what it said before it fell silent. */
  ageMs: z.int().min(0).optional(),
  failure: z.object({ code: z.string(), message: z.string() }).optional(),
});
export type AskedGuest = z.infer<typeof AskedGuest>;
