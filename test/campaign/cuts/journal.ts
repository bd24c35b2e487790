/** What the outside world knows, kept outside of the disk that loses power: what was sent, and what was promised when. */
import { appendFileSync, existsSync, readFileSync, statSync } from "node:fs";
import type { Seal } from "../../../src/model/seal.ts";

/** `at`: how long the disk's write log was by then; 0 for what was promised before it began. */
export type Note =
  | { readonly kind: "sent"; readonly command: string; readonly events: number }
  | { readonly kind: "acknowledged"; readonly command: string; readonly at: number }
  | { readonly kind: "sealed"; readonly seal: Seal; readonly at: number }
  | { readonly kind: "repaired"; readonly at: number };

export interface Journal {
  sent(command: string, events: number): void;
  acknowledged(command: string): void;
  sealed(seal: Seal): void;
  repaired(): void;
}

/** Each note is in the file, with the write log's length, before anything else happens. `writeLog` undefined: none is kept yet. */
export function createJournal(path: string, writeLog: string | undefined): Journal {
  const now = () => (writeLog === undefined ? 0 : statSync(writeLog).size);
  const note = (what: Note) => appendFileSync(path, `${JSON.stringify(what)}\n`);
  return {
    sent: (command, events) => note({ kind: "sent", command, events }),
    acknowledged: (command) => note({ kind: "acknowledged", command, at: now() }),
    sealed: (seal) => note({ kind: "sealed", seal, at: now() }),
    repaired: () => note({ kind: "repaired", at: now() }),
  };
}

export function readJournal(path: string): Note[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Note);
}
