/** The client's side of exec and shell: frames of the daemon on one hand, the caller's standard streams on the other. */
import { UserError, exitCodes } from "../errors.ts";
import { frameJson } from "./bytes.ts";
import { createCredit, type Credit } from "./credit.ts";
import type { FrameStream } from "./frame-stream.ts";
import { fromWire } from "./wire.ts";

/** `timedOut`: the command was ended because its time was up; what it made of that does not count. */
export type SessionEnd = { readonly code: number } | { readonly signal: string } | { readonly timedOut: true };

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The caller's streams and events, as a port. */
export interface SessionStdio {
  /** Pulled only as fast as the guest reads. Its end is the guest's end of file; an iterator that still waits when the session ends is left alone. */
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Resolve when more is welcome. A rejection ends the session with it. */
  stdout(chunk: Uint8Array): Promise<void>;
  stderr(chunk: Uint8Array): Promise<void>;
  /** The command runs; the id of its session, as the log has it. */
  onStarted?(session: string): void;
  /** Both answer the way to stop listening. */
  onResize?(listener: (size: Size) => void): () => void;
  /** Names without `SIG`. */
  onSignal?(listener: (name: string) => void): () => void;
}

const gone = () =>
  new UserError("daemon-gone", "the connection to the daemon broke off while the command ran", {
    exit: exitCodes.guestSide,
    hints: [["next", "strata daemon status"]],
  });
const odd = (what: string) =>
  new UserError("frame-invalid", `the daemon answered with ${what}`, { exit: exitCodes.guestSide });
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Reads a number out of a frame's JSON. */
function numberIn(json: unknown, key: string): number {
  const value = isRecord(json) ? json[key] : undefined;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw odd(`a frame without "${key}"`);
  return value;
}

/** Stdin to the daemon until its end. Runs beside the answer; when the session is over first, it is simply left. */
async function sendStdin(
  stream: FrameStream,
  stdin: AsyncIterable<Uint8Array>,
  credit: Credit,
  isOver: () => boolean,
): Promise<void> {
  for await (const chunk of stdin) {
    for (let at = 0; at < chunk.length;) {
      const bytes = await credit.spend(chunk.length - at);
      if (isOver()) return;
      await stream.write("stdin", chunk.subarray(at, at + bytes));
      at += bytes;
    }
  }
  if (!isOver()) await stream.write("eof");
}

function endOf(json: unknown): SessionEnd {
  if (isRecord(json) && json["timedOut"] === true) return { timedOut: true };
  if (isRecord(json) && typeof json["signal"] === "string") return { signal: json["signal"] };
  return { code: numberIn(json, "code") };
}

/** Output to the caller until the session ends. */
async function receive(
  stream: FrameStream,
  stdio: SessionStdio,
  credit: Credit,
  started: (json: unknown) => void,
): Promise<SessionEnd> {
  for (;;) {
    const frame = await stream.read();
    if (frame === undefined) throw gone();
    switch (frame.type) {
      case "stdout":
        await stdio.stdout(frame.payload);
        break;
      case "stderr":
        await stdio.stderr(frame.payload);
        break;
      case "window":
        credit.grant(numberIn(frameJson(frame), "bytes"));
        break;
      case "started":
        credit.grant(numberIn(frameJson(frame), "window"));
        started(frameJson(frame));
        break;
      case "exit":
        return endOf(frameJson(frame));
      case "error":
        throw fromWire(frameJson(frame)) ?? odd("an error that cannot be read");
      default:
        throw odd(`a ${frame.type} frame`);
    }
  }
}

/**
 * Runs one command or shell over `stream` (its `open` frame is sent) and closes it. Rejects with the daemon's error,
 * `daemon-gone`, what the stdio port throws, or the signal's reason; in all these cases the guest's command is hung up.
 */
export async function runSession(stream: FrameStream, stdio: SessionStdio, signal?: AbortSignal): Promise<SessionEnd> {
  const credit = createCredit();
  const stops: Array<() => void> = [];
  let isOver = false;
  const drop = () => undefined; // a lost daemon is told by `receive`
  /** Fails when reading the caller's stdin fails; otherwise never ends the session. */
  const stdinFailed = Promise.withResolvers<never>();
  const started = (json: unknown) => {
    if (isRecord(json) && typeof json["session"] === "string") stdio.onStarted?.(json["session"]);
    sendStdin(stream, stdio.stdin, credit, () => isOver).catch((error: unknown) => {
      if (!stream.gone.aborted) stdinFailed.reject(error);
    });
    const resized = ({ columns, rows }: Size) => {
      if (columns > 0 && rows > 0) stream.send("resize", { columns, rows }).catch(drop);
    };
    stops.push(stdio.onResize?.(resized) ?? drop);
    stops.push(stdio.onSignal?.((name) => stream.send("signal", { name }).catch(drop)) ?? drop);
  };
  const aborted = new Promise<never>((_, reject) => {
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    stops.push(() => signal?.removeEventListener("abort", abort));
  });
  try {
    signal?.throwIfAborted();
    return await Promise.race([receive(stream, stdio, credit, started), aborted, stdinFailed.promise]);
  } finally {
    isOver = true;
    for (const stop of stops) stop();
    stream.destroy();
  }
}
