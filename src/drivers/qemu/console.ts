/** The serial console: QEMU keeps the newest megabyte in memory; what it holds is moved to a bounded file, and to whoever follows. */
import type { Clock } from "../../sys/clock.ts";
import type { Files } from "../../sys/files.ts";
import { consoleBytes } from "./args.ts";
import type { Qmp } from "./qmp.ts";
import { unlessFull } from "./run-record.ts";
import { createTurns } from "../../sys/turns.ts";

/** The file holds at most this; when it would grow beyond, its newer half stays. */
export const consoleFileBytesMax = 2 * consoleBytes;
const chunkBytes = 256 * 2 ** 10;
const followPauseMs = 150;
/** What a slow reader has not taken yet; beyond it the oldest is dropped, as in the file. */
const backlogBytesMax = consoleBytes;

export interface Console {
  /** Moves what QEMU holds to the file. A machine that has gone meanwhile is no error. */
  drain(): Promise<void>;
  read(options: { follow: boolean; signal: AbortSignal }): AsyncGenerator<Uint8Array>;
}

export interface ConsolePorts {
  readonly files: Files;
  readonly clock: Clock;
}

/** `control` answers the connection to the machine while there is one. */
export function createConsole({ files, clock }: ConsolePorts, path: string, control: () => Qmp | undefined): Console {
  const turns = createTurns();
  const followers = new Set<(bytes: Uint8Array) => void>();

  const drainNow = async () => {
    for (let left = consoleBytes; left > 0; left -= chunkBytes) {
      const bytes = await take(control());
      if (bytes.length > 0) await append(files, path, bytes).catch(unlessFull);
      for (const follower of followers) follower(bytes);
      if (bytes.length < chunkBytes) return;
    }
  };
  const drain = () => turns(drainNow);

  async function* read({ follow, signal }: { follow: boolean; signal: AbortSignal }): AsyncGenerator<Uint8Array> {
    let backlog: Uint8Array[] = [];
    const follower = (bytes: Uint8Array) => {
      backlog = trim([...backlog, bytes]);
    };
    try {
      yield await turns(async () => {
        await drainNow();
        if (follow) followers.add(follower);
        return (await files.stat(path)) === undefined ? new Uint8Array() : files.read(path);
      });
      while (follow && !signal.aborted) {
        await drain();
        const ready = backlog.filter((bytes) => bytes.length > 0);
        backlog = [];
        yield* ready;
        await clock.sleep(followPauseMs, signal).catch(() => undefined);
      }
    } finally {
      followers.delete(follower);
    }
  }
  return { drain, read };
}

async function take(qmp: Qmp | undefined): Promise<Uint8Array> {
  // Whoever ends a machine that hangs is not kept waiting for its last words.
  if (qmp === undefined || qmp.isSilent()) return new Uint8Array();
  const answer = await qmp
    .execute("ringbuf-read", { device: "console", size: chunkBytes, format: "base64" })
    .catch(() => undefined);
  return typeof answer === "string" ? Buffer.from(answer, "base64") : new Uint8Array();
}

async function append(files: Files, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, "ensure", 0o600);
  try {
    const size = await file.size();
    if (size + bytes.length <= consoleFileBytesMax) return await file.write(bytes, size);
    const kept = Buffer.concat([await file.read(0, size), bytes]).subarray(-consoleFileBytesMax / 2);
    await files.writeAtomically(path, kept, 0o600);
  } finally {
    await file.close();
  }
}

function trim(backlog: Uint8Array[]): Uint8Array[] {
  let held = backlog.reduce((sum, { length }) => sum + length, 0);
  const kept = [...backlog];
  while (held > backlogBytesMax && kept.length > 1) held -= kept.shift()?.length ?? 0;
  return kept;
}
