/** A program that is talked to while it runs: commands in, bytes out as they are asked for. */
import { killGroup, startChild } from "./child.ts";
import { limitAddressSpace } from "./libc.ts";
import type { StartOptions } from "./process.ts";

export interface PipedOptions extends StartOptions {
  /** Address space; Linux only, applied within the first moments of the program's life. */
  readonly memoryBytesMax?: number;
  /** Hears the last words on its standard error each time it says more there. */
  readonly onError?: (said: string) => void;
}

export interface Piped {
  readonly pid: number;
  /** On its standard input; what it does not take yet waits, so say little at a time. */
  write(text: string): void;
  /** Bytes; resolves when the pipe has taken them, so that whoever waits is held back with it. Rejects when nobody reads any more. */
  send(bytes: Uint8Array): Promise<void>;
  endInput(): void;
  /** The next bytes of its standard output; undefined at the end. What is not asked for stays in the pipe and holds the program back. */
  read(): Promise<Uint8Array | undefined>;
  /** How it ended, with the last words on its standard error. */
  readonly ended: Promise<{ readonly exitCode?: number; readonly stderr: string }>;
  /** Ends it, with whatever it started; `ended` follows. */
  kill(): void;
}

/** Of standard error: what came last. */
const errorBytesKept = 4096;

/** See `Processes.pipe`. */
export function startPiped(argv: readonly string[], options: PipedOptions): Piped {
  const child = startChild(argv, options, "pipe", "pipe");
  if (options.memoryBytesMax !== undefined) limitAddressSpace(child.pid, options.memoryBytesMax);
  const output = (child.stdout as unknown as ReadableStream<Uint8Array>).getReader();
  const input = child.stdin as unknown as Bun.FileSink;
  return {
    pid: child.pid,
    write: (text) => {
      input.write(text);
      // Where nobody reads any more, its end says so.
      Promise.resolve(input.flush()).catch(() => undefined);
    },
    send: async (bytes) => {
      input.write(bytes);
      await input.flush();
    },
    endInput: () => void Promise.resolve(input.end()).catch(() => undefined),
    read: async () => (await output.read()).value,
    ended: endOf(child, options.onError),
    kill: () => {
      killGroup(child.pid);
      // Whoever still waits for bytes gets the end.
      void output.cancel().catch(() => undefined);
    },
  };
}

async function endOf(
  child: ReturnType<typeof startChild>,
  onError: PipedOptions["onError"],
): Promise<{ exitCode?: number; stderr: string }> {
  const [stderr] = await Promise.all([lastWords(child.stderr, onError), child.exited]);
  return { ...(child.exitCode === null ? {} : { exitCode: child.exitCode }), stderr };
}

async function lastWords(stream: unknown, onError: PipedOptions["onError"]): Promise<string> {
  let kept: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as ReadableStream<Uint8Array>) {
    kept = Buffer.concat([kept, chunk]).subarray(-errorBytesKept);
    onError?.(kept.toString());
  }
  return kept.toString();
}
