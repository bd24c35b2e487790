/** One session in a guest, joined to this process's terminal or pipes, or its output collected. One module, so that a command loads it in one piece. */
import type { ApiClient } from "../api/client.ts";
import { openFrames } from "../api/frames.ts";
import { runSession, type SessionEnd, type SessionStdio } from "../api/session-client.ts";
import type { SessionRequest } from "../commands/context.ts";
import { UserError, exitCodes } from "../errors.ts";
import type { Captured } from "../model/captured.ts";
import { systemClock } from "../sys/clock.ts";
import { readDescriptor, writeDescriptor } from "../sys/descriptors.ts";
import { systemIds } from "../sys/ids.ts";
import { signalNumber } from "../sys/signals.ts";
import { enterRawMode, isTerminal, onResize, onSignals, terminalSize } from "../sys/terminal.ts";
import { createCapture } from "./capture.ts";

/** What a shell answers for a program that a signal ended. */
const signalExitBase = 128;

/** For a terminal that does not say how large it is. */
export const usualSize = { columns: 80, rows: 24 };

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

interface Terminal {
  readonly term: string;
  readonly columns: number;
  readonly rows: number;
}

/** Sends the request. `terminal` is the one that the command gets. */
function open(api: ApiClient, version: string, request: SessionRequest, terminal: Terminal | undefined) {
  const { instance, words, directory, environment = {}, timeoutMs } = request;
  return openFrames(api, version, "session.open", {
    command: systemIds.next(),
    instance,
    environment: { ...environment },
    ...(words && { words: [...words] }),
    ...(directory !== undefined && { directory }),
    ...(terminal && { terminal }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  });
}

/** Runs a session whose signals are ours. */
async function runWithSignals(
  stream: Awaited<ReturnType<typeof open>>,
  stdio: Pick<SessionStdio, "stdout" | "stderr" | "onStarted">,
): Promise<SessionEnd> {
  const left = new AbortController();
  const onSignal = forwarding((reason) => left.abort(reason));
  return runSession(stream, { stdin: readDescriptor(0), ...stdio, onSignal }, left.signal);
}

const ours: Pick<SessionStdio, "stdout" | "stderr"> = {
  stdout: (chunk) => writeDescriptor(1, chunk),
  stderr: (chunk) => writeDescriptor(2, chunk),
};

/** The exit code for the shell that called us. */
export function exitOf(end: SessionEnd): number {
  if ("timedOut" in end) return exitCodes.guestTimeout;
  return "code" in end ? end.code : signalExitBase + signalNumber(end.signal);
}

/** Runs it; resolves with the exit code for the shell that called us. `term`: TERM of our terminal. */
export async function openSession(
  api: ApiClient,
  { version, term }: { version: string; term: string },
  request: SessionRequest,
): Promise<number> {
  const size = isTerminal(0) && isTerminal(1) ? (terminalSize() ?? usualSize) : undefined;
  const stream = await open(api, version, request, size && { term, ...size });
  if (!size) return exitOf(await runWithSignals(stream, ours));
  const restore = enterRawMode();
  try {
    return exitOf(await runSession(stream, { stdin: readDescriptor(0), ...ours, onResize }));
  } finally {
    restore();
  }
}

/** Runs it without a terminal and collects what it writes, of each output at most `bytesMax`. */
export async function captureSession(
  api: ApiClient,
  version: string,
  request: SessionRequest,
  bytesMax: number,
): Promise<Captured> {
  const stream = await open(api, version, request, undefined);
  const [stdout, stderr] = [createCapture(bytesMax), createCapture(bytesMax)];
  let [session, startedMs] = ["", systemClock.monotonicMs()];
  const end = await runWithSignals(stream, {
    stdout: stdout.take,
    stderr: stderr.take,
    onStarted: (id) => ([session, startedMs] = [id, systemClock.monotonicMs()]),
  });
  return {
    instance: request.instance,
    session,
    code: exitOf(end),
    ...("signal" in end && { signal: end.signal }),
    isTimedOut: "timedOut" in end,
    stdout: stdout.taken(),
    stderr: stderr.taken(),
    durationMs: Math.round(systemClock.monotonicMs() - startedMs),
  };
}
