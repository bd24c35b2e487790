/** What `strata doctor` finds: one check, its verdict, and the next command. */
import { z } from "zod";

/** `warn`: it works, and something about it is worth knowing; `fail`: something does not work, or will not. */
export const Verdict = z.enum(["ok", "warn", "fail"]);
export type Verdict = z.infer<typeof Verdict>;

export const Check = z
  .object({
    /** What was looked at, in a word or two. */
    name: z.string(),
    verdict: Verdict,
    found: z.string(),
    /** The command that helps. */
    next: z.string().optional(),
  })
  .meta({ id: "Check" });
export type Check = z.infer<typeof Check>;
