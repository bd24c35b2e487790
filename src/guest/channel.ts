/** One running command or shell in a guest: its streams, its end, and what can be sent to it. */
import type { ClientChannel } from "ssh2";
import { UserError, assert, exitCodes } from "../errors.ts";
import { watchWindow } from "./send-window.ts";

/** How it ended. `lost`: the guest, or the way to it, went away first; the text says which. */
export type GuestExit = { readonly code: number } | { readonly signal: string } | { readonly lost: string };

export interface GuestChannel {
  /** What is not pulled holds the guest back: at most an SSH window (2 MiB) waits here. Each may be iterated once. */
  readonly stdout: AsyncIterable<Uint8Array>;
  readonly stderr: AsyncIterable<Uint8Array>;
  /** Resolves when the guest takes more; one write at a time. Rejects with `session-over`. */
  write(chunk: Uint8Array): Promise<void>;
  /** End of stdin. */
  end(): void;
  resize(columns: number, rows: number): void;
  /** A signal's name without `SIG`. Guests that know no signals over SSH ignore it. */
  signal(name: string): void;
  /** Leaves: nothing more is read, the guest hangs up the command. `exit` still resolves. */
  close(): void;
  /** Resolves when the command is over and its output was pulled to the end, or the session was closed. Never rejects. */
  readonly exit: Promise<GuestExit>;
  /** Resolves when the guest has let go of the session too: with `exit`, or some time after `close`. Never rejects. */
  readonly closed: Promise<void>;
}

/** Two requests that ssh2 refuses after the end of stdin, although the protocol allows them (RFC 4254, 6.7 and 6.9). */
interface Internals {
  readonly outgoing: { readonly id: number; readonly state: "open" | "eof" | "closing" | "closed"; window: number };
  readonly _client: {
    readonly _protocol: {
      signal(id: number, name: string): void;
      windowChange(id: number, rows: number, columns: number, height: number, width: number): void;
    };
  };
}

/** The readable side that ssh2's two streams share. */
interface Readable {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end" | "close", listener: () => void): unknown;
  removeAllListeners(event: "data"): unknown;
  pause(): unknown;
  resume(): unknown;
}

/** Chunks of a stream, one at a time as they are asked for, without joining or copying them; ends with the stream or with `left`. */
function pull(source: Readable, left: Promise<void>): AsyncIterable<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let isOver = false;
  let wake = () => {};
  const finish = () => {
    isOver = true;
    wake();
  };
  source.on("data", (chunk) => {
    source.pause();
    chunks.push(chunk);
    wake();
  });
  source.on("end", finish);
  source.on("close", finish);
  void left.then(() => {
    chunks.length = 0;
    finish();
  });
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const chunk = chunks.shift();
        if (chunk !== undefined) yield chunk;
        else if (isOver) return;
        else {
          const woken = new Promise<void>((resolve) => (wake = resolve));
          source.resume();
          await woken;
        }
      }
    },
  };
}

/** Wraps a session channel of ssh2 whose command runs. `lostBecause` names the reason when the connection ends under it. */
export function createGuestChannel(channel: ClientChannel, lostBecause: () => string): GuestChannel {
  const internals = channel as unknown as Internals;
  const stderr = channel.stderr as unknown as Readable;
  const sending = watchWindow(internals.outgoing);
  let ended: GuestExit | undefined;
  let isOver = false;
  let isLeft = false;
  let abortWrite: (() => void) | undefined;
  let leave = () => {};
  const left = new Promise<void>((resolve) => (leave = resolve));

  channel.on("exit", (code: number | null, signal?: string) => {
    ended = code === null ? { signal: (signal ?? "SIGKILL").replace(/^SIG/, "") } : { code };
  });
  const closed = Promise.withResolvers<void>();
  const exit = new Promise<GuestExit>((resolve) => {
    channel.on("close", () => {
      closed.resolve();
      isOver = true;
      abortWrite?.();
      resolve(ended ?? { lost: lostBecause() });
    });
    void left.then(() => resolve(ended ?? { lost: "the session was closed" }));
  });
  channel.on("error", () => {}); // its end is told by "close"
  const isReachable = () => internals.outgoing.state === "open" || internals.outgoing.state === "eof";
  const overError = () =>
    new UserError("session-over", "the command in the guest takes no more input", { exit: exitCodes.guestSide });

  const writePart = (part: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      if (isOver || isLeft || internals.outgoing.state !== "open") reject(overError());
      else channel.write(part, (error) => (error ? reject(overError()) : resolve()));
    });
  const writeParts = async (chunk: Uint8Array) => {
    for (let at = 0; at < chunk.length;) {
      if (isOver || isLeft || internals.outgoing.state !== "open") throw overError();
      const bytes = await sending.room(chunk.length - at);
      await writePart(chunk.subarray(at, at + bytes));
      at += bytes;
    }
  };

  return {
    stdout: pull(channel as unknown as Readable, left),
    stderr: pull(stderr, left),
    write: (chunk) => {
      assert(abortWrite === undefined, "a guest channel takes one write at a time");
      return new Promise<void>((resolve, reject) => {
        abortWrite = () => reject(overError());
        writeParts(chunk).then(resolve, reject);
      }).finally(() => (abortWrite = undefined));
    },
    end: () => {
      if (internals.outgoing.state === "open") channel.end();
    },
    resize: (columns, rows) => {
      if (isReachable()) internals._client._protocol.windowChange(internals.outgoing.id, rows, columns, 0, 0);
    },
    signal: (name) => {
      if (isReachable()) internals._client._protocol.signal(internals.outgoing.id, name);
    },
    close: () => {
      if (isLeft) return;
      isLeft = true;
      abortWrite?.();
      channel.close();
      for (const stream of [channel as unknown as Readable, stderr]) {
        stream.removeAllListeners("data");
        stream.resume(); // what still arrives is dropped, so that the channel's number becomes free
      }
      leave();
    },
    exit,
    closed: closed.promise,
  };
}
