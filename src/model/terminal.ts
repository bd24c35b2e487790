/** A terminal that the daemon keeps: a login shell of a guest that outlives the client that opened it. */
import { z } from "zod";

/** Of a terminal, in either direction. */
export const cellsMax = 10_000;

export const TerminalView = z.object({
  /** Of its session, as the log has it. */
  id: z.string(),
  /** Among the terminals of its instance in this daemon's life, counted from 1. */
  number: z.int().min(1),
  instance: z.object({ id: z.string(), name: z.string() }),
  openedAt: z.string(),
  /** Who opened it. */
  by: z.string(),
  /** Of the client that said it last. */
  columns: z.int(),
  rows: z.int(),
  /** Clients that see it now. */
  attached: z.int().min(0),
  /** Since when nobody sees it; absent while somebody does. */
  leftAt: z.string().optional(),
  /** It has ended. `result`: as the log has it, for example `0`, `HUP`, `closed`, `unattended`, or `lost: ` and why. */
  gone: z.object({ at: z.string(), result: z.string() }).optional(),
});
export type TerminalView = z.infer<typeof TerminalView>;
