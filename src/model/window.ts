/** A session of the window, as clients see it. */
import { z } from "zod";

export const WindowSession = z.object({
  id: z.string(),
  /** Name of the unix user whose it is. */
  user: z.string(),
  kind: z.literal("page"),
  /** When the page signed in (ISO 8601). */
  since: z.string(),
  /** When it last asked for anything. */
  used: z.string(),
  /** The program that asked for the window. */
  program: z.string().optional(),
});
export type WindowSession = z.infer<typeof WindowSession>;
