/** One session in a guest, joined to this process's terminal or pipes. One module, so that a command loads it in one piece. */
import type { ApiClient } from "../api/client.ts";
import { openFrames } from "../api/frames.ts";
import { runSession } from "../api/session-client.ts";
import type { SessionRequest } from "../commands/context.ts";
import { UserError, exitCodes } from "../errors.ts";
import { systemClock } from "../sys/clock.ts";
import { readDescriptor, writeDescriptor } from "../sys/descriptors.ts";
import { systemIds } from "../sys/ids.ts";
import { signalNumber } from "../sys/signals.ts";
import { enterRawMode, isTerminal, onResize, onSignals, terminalSize } from "../sys/terminal.ts";

/** What a shell answers for a program that a signal ended. */
const signalExitBase = 128;

/** For a terminal that does not say how large it is. */
const usualSize = { columns: 80, rows: 24 };

/** Two Ctrl-C within this time leave a command that makes nothing of them. */
const leaveMs = 2_000;

/** Hands every signal to the command; `leave` is called at the second Ctrl-C in a row, and when our terminal closes. */
const forwarding = (leave: (reason: UserError) => void) => (listener: (name: string) => void) => {
  let interruptedMs = -leaveMs;
  return onSignals((name) => {
    const nowMs = systemClock.monotonicMs();
    const isAgain = name === "INT" && nowMs - interruptedMs < leaveMs;
    if (name === "INT") interruptedMs = nowMs;
    listener(name);
    if (isAgain || name === "HUP") {
      leave(new UserError("interrupted", "left the command, which was hung up", { exit: exitCodes.interrupted }));
    }
  });
};

/** Runs it; resolves with the exit code for the shell that called us. `term`: TERM of our terminal. */
export async function openSession(
  api: ApiClient,
  { version, term }: { version: string; term: string },
  { instance, words, directory, environment = {} }: SessionRequest,
): Promise<number> {
  const size = isTerminal(0) && isTerminal(1) ? (terminalSize() ?? usualSize) : undefined;
  const stream = await openFrames(api, version, "session.open", {
    command: systemIds.next(),
    instance,
    environment: { ...environment },
    ...(words && { words: [...words] }),
    ...(directory !== undefined && { directory }),
    ...(size && { terminal: { term, ...size } }),
  });
  const restore = size ? enterRawMode() : () => {};
  const left = new AbortController();
  try {
    const end = await runSession(
      stream,
      {
        stdin: readDescriptor(0),
        stdout: (chunk) => writeDescriptor(1, chunk),
        stderr: (chunk) => writeDescriptor(2, chunk),
        ...(size && { onResize }),
        ...(!size && { onSignal: forwarding((reason) => left.abort(reason)) }),
      },
      left.signal,
    );
    return "code" in end ? end.code : signalExitBase + signalNumber(end.signal);
  } finally {
    restore();
  }
}
