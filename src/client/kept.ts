/** This process's terminal at one that the daemon keeps. One module, so that a command loads it in one piece. */
import type { ApiClient } from "../api/client.ts";
import { openFrames } from "../api/frames.ts";
import { runSession } from "../api/session-client.ts";
import type { SessionRequest } from "../commands/context.ts";
import { UserError, exitCodes } from "../errors.ts";
import type { TerminalView } from "../model/terminal.ts";
import { readDescriptor, writeDescriptor } from "../sys/descriptors.ts";
import { systemIds } from "../sys/ids.ts";
import { enterRawMode, isTerminal, onResize, terminalSize } from "../sys/terminal.ts";
import { exitOf, usualSize } from "./session.ts";

/** Ctrl-], as telnet and virsh have it: no shell uses it, and it needs no second key. */
const leaveKey = 0x1d;

/**
 * What programs set and we do not wait for them to take back: the alternate screen, mouse reports, bracketed paste, keys in
 * application mode, a hidden cursor, colours.
 */
const asBefore = "\x1b[?1047l\x1b[?1000;1002;1003;1006;2004;1l\x1b[?25h\x1b>\x1b[0m\r\n";

function sizeHere() {
  if (isTerminal(0) && isTerminal(1)) return terminalSize() ?? usualSize;
  throw new UserError("terminal-needed", "a terminal that is kept needs one here, and input or output is none", {
    exit: exitCodes.usage,
    hints: [["did you mean", "strata exec INSTANCE -- COMMAND"]],
  });
}

/** Opens one in the guest; nobody is attached yet. Throws `terminal-needed`, and what the daemon says. */
export function openKept(
  api: ApiClient,
  term: string,
  { instance, directory, environment = {} }: SessionRequest,
): Promise<TerminalView> {
  return api.call("terminal.open", {
    command: systemIds.next(),
    instance,
    term,
    ...sizeHere(),
    environment: { ...environment },
    ...(directory !== undefined && { directory }),
  });
}

const left = new UserError("left", "the terminal was left");

async function* untilLeft(leave: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of readDescriptor(0)) {
    const at = chunk.indexOf(leaveKey);
    if (at < 0) yield chunk;
    else {
      yield chunk.subarray(0, at);
      return leave();
    }
  }
}

/** Resolves with the shell's exit code, or with `left` when the user left it running. Throws as `openKept` does. */
export async function attachKept(api: ApiClient, version: string, terminal: string): Promise<number | "left"> {
  const size = sizeHere();
  const stream = await openFrames(api, version, "terminal.attach", { terminal, ...size });
  const leaving = new AbortController();
  const restore = enterRawMode();
  try {
    const stdio = {
      stdin: untilLeft(() => leaving.abort(left)),
      stdout: (chunk: Uint8Array) => writeDescriptor(1, chunk),
      stderr: (chunk: Uint8Array) => writeDescriptor(2, chunk),
      onResize,
    };
    return exitOf(await runSession(stream, stdio, leaving.signal));
  } catch (error) {
    await writeDescriptor(1, new TextEncoder().encode(asBefore));
    if (error === left) return "left";
    throw error;
  } finally {
    restore();
  }
}
