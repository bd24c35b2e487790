/** The calls behind terminals that stay when their client goes. */
import { z } from "zod";
import { cellsMax, TerminalView } from "../model/terminal.ts";
import { instance } from "./inputs.ts";
import { call, frames } from "./shapes.ts";

const cells = z.int().min(1).max(cellsMax);
/** An id, as `terminal.open` answered it. */
const terminal = z.string().min(1).max(200);
/** What a client may grant at once. */
const windowBytesMax = 2 ** 30;

export const terminalCalls = {
  /**
   * A login shell that the daemon keeps: its output is read, and the last of it remembered, while nobody is attached. It ends with
   * its shell, its instance's run, `terminal.close`, or the daemon; and when nobody has been attached for a week. Refused with
   * `terminals-full` when the instance, or all together, have too many.
   */
  "terminal.open": call(
    z.object({
      command: z.uuidv7(),
      instance,
      term: z.string().min(1).max(200),
      columns: cells,
      rows: cells,
      environment: z.record(z.string(), z.string()).optional(),
      directory: z.string().optional(),
    }),
    TerminalView,
  ),
  /** Those that are open, oldest first, then the last ones that have ended; of all instances, or of one. */
  "terminal.list": call(z.object({ instance: instance.optional() }), z.array(TerminalView)),
  /** Hangs its shell up. One that has ended already: confirms. Rejects with `terminal-not-found`. */
  "terminal.close": call(z.object({ terminal }), TerminalView),
  /**
   * The frame `started` has `{window, session, replay}`: what may be sent of stdin, its id, and how many bytes of remembered output
   * come first; a client that answers to what a terminal is asked for should not while it shows those. Then come `stdout`, and
   * `exit` with the shell's code or signal, or `error`: `session-lost`, `terminal-closed`, or `reader-too-slow` for a client that others
   * have outrun. The client sends `stdin`, `resize`, and, where it gave a `window`, `window` with the bytes of output that it takes
   * anew; when all are used up, the guest is held back, unless another client is attached that is not. A client that leaves ends
   * nothing. Refused with `terminal-not-found`, `terminal-gone` or `terminal-crowded`.
   */
  "terminal.attach": frames(
    z.object({
      terminal,
      columns: cells,
      rows: cells,
      /** Bytes of output that may come before more are granted; absent: as many as the connection takes. */
      window: z.int().min(0).max(windowBytesMax).optional(),
    }),
  ),
} as const;
