/** exec and shell: this process's terminal or pipes, joined to a session in a guest. */
import type { ApiClient } from "../api/client.ts";
import type { Sessions } from "../commands/context.ts";
import type { Config } from "../config.ts";
import { UserError, exitCodes } from "../errors.ts";
import { systemClock } from "../sys/clock.ts";
import { systemIds } from "../sys/ids.ts";
import { signalNumber } from "../sys/signals.ts";

/** What a shell answers for a program that a signal ended. */
const signalExitBase = 128;

/** For a terminal that does not say how large it is. */
const usualSize = { columns: 80, rows: 24 };

/** Two Ctrl-C within this time leave a command that makes nothing of them. */
const leaveMs = 2_000;

/** Hands every signal to the command; `leave` is called at the second Ctrl-C in a row, and when our terminal closes. */
function forwarding(onSignals: (listener: (name: string) => void) => () => void, leave: (reason: UserError) => void) {
  return (listener: (name: string) => void) => {
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
}

export function sessions(api: ApiClient, config: Config, version: string): Sessions {
  return {
    async open({ instance, words, directory, environment = {} }) {
      const [{ runSession }, { openFrames }, terminal, { readDescriptor, writeDescriptor }] = await Promise.all([
        import("../api/session-client.ts"),
        import("../api/frames.ts"),
        import("../sys/terminal.ts"),
        import("../sys/descriptors.ts"),
        api.ready(),
      ]);
      const stream = await openFrames(api.target.socket, version, "session.open");
      const size =
        terminal.isTerminal(0) && terminal.isTerminal(1) ? (terminal.terminalSize() ?? usualSize) : undefined;
      const restore = size ? terminal.enterRawMode() : () => {};
      const left = new AbortController();
      try {
        const end = await runSession(
          stream,
          {
            command: systemIds.next(),
            instance,
            environment: { ...environment },
            ...(words && { words: [...words] }),
            ...(directory !== undefined && { directory }),
            ...(size && { terminal: { term: config.term, ...size } }),
          },
          {
            stdin: readDescriptor(0),
            stdout: (chunk) => writeDescriptor(1, chunk),
            stderr: (chunk) => writeDescriptor(2, chunk),
            ...(size && { onResize: terminal.onResize }),
            ...(!size && { onSignal: forwarding(terminal.onSignals, (reason) => left.abort(reason)) }),
          },
          left.signal,
        );
        return "code" in end ? end.code : signalExitBase + signalNumber(end.signal);
      } finally {
        restore();
      }
    },
  };
}
