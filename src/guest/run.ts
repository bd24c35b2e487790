/** A command in a guest that the daemon itself wants the answer of: run to its end, its output bounded. */
import type { GuestChannel, GuestExit } from "./channel.ts";

/** Of each stream; the rest is read and dropped, so that the command is not held back. */
const outputBytesMax = 64 * 1024;

export interface Ran {
  readonly exit: GuestExit;
  readonly stdout: string;
  readonly stderr: string;
}

/** Waits for the end of what runs on `channel`; rejects with the signal's reason, and leaves the session then. */
export async function runToEnd(channel: GuestChannel, signal: AbortSignal): Promise<Ran> {
  const leave = () => channel.close();
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  try {
    channel.end();
    const [stdout, stderr, exit] = await Promise.all([collect(channel.stdout), collect(channel.stderr), channel.exit]);
    signal.throwIfAborted();
    return { exit, stdout, stderr };
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) if (text.length < outputBytesMax) text += decoder.decode(chunk, { stream: true });
  return text.slice(0, outputBytesMax);
}
