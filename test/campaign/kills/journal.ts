/** What outlives the kill: each command that was sent, each answer, each record that was told durable; outside the data directory. */
import { existsSync, openSync, readFileSync, writeSync } from "node:fs";

export interface Sent {
  readonly command: string;
  /** A handler's name, or another word for what cannot be sent again. */
  readonly call: string;
  readonly input: Record<string, unknown>;
}

type Entry =
  | ({ readonly kind: "sent" } & Sent)
  | { readonly kind: "acked"; readonly command: string; readonly operation?: string }
  | { readonly kind: "refused"; readonly command: string; readonly code: string }
  | { readonly kind: "durable"; readonly position: number; readonly hash: string };

export interface Journal {
  readonly sent: ReadonlyMap<string, Sent>;
  /** The operation that the answer named. */
  readonly acked: ReadonlyMap<string, string | undefined>;
  /** With the code of the refusal. */
  readonly refused: ReadonlyMap<string, string>;
  readonly durable: ReadonlyMap<number, string>;
}

/** Appends: each entry is written when the call returns. */
export function journalAt(path: string): (entry: Entry) => void {
  const descriptor = openSync(path, "a", 0o600);
  return (entry) => void writeSync(descriptor, `${JSON.stringify(entry)}\n`);
}

export function readJournal(path: string): Journal {
  const journal = {
    sent: new Map<string, Sent>(),
    acked: new Map<string, string | undefined>(),
    refused: new Map<string, string>(),
    durable: new Map<number, string>(),
  };
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  // A line without its end was being written: what it was to say did not happen.
  for (const line of text.split("\n").slice(0, -1)) {
    const entry = JSON.parse(line) as Entry;
    if (entry.kind === "sent") journal.sent.set(entry.command, entry);
    else if (entry.kind === "acked") {
      journal.acked.set(entry.command, entry.operation);
      // Sent again, it was allowed.
      journal.refused.delete(entry.command);
    } else if (entry.kind === "refused") journal.refused.set(entry.command, entry.code);
    else journal.durable.set(entry.position, entry.hash);
  }
  return journal;
}
