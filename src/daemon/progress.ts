/** What followers of an operation hear while it runs. Never in the log; a late follower gets what was said so far. */
import type { Progress } from "../model/operation.ts";

/** How much of an operation's talk is kept for late followers. */
const keptMax = 200;
/** Operations whose talk is kept; the oldest is dropped. */
const operationsMax = 256;

export interface ProgressBoard {
  say(operation: string, progress: Progress): void;
  /** Hears what was said and what will be; the answer stops it. */
  listen(operation: string, hear: (progress: Progress) => void): () => void;
}

export function createProgressBoard(): ProgressBoard {
  const said = new Map<string, Progress[]>();
  const listeners = new Map<string, Set<(progress: Progress) => void>>();
  return {
    say(operation, progress) {
      const talk = said.get(operation) ?? [];
      const last = talk.at(-1);
      if (progress.kind === "bytes" && last?.kind === "bytes") talk.pop();
      if (talk.length < keptMax) talk.push(progress);
      said.set(operation, talk);
      for (const oldest of said.keys()) {
        if (said.size <= operationsMax) break;
        said.delete(oldest);
      }
      for (const hear of listeners.get(operation) ?? []) hear(progress);
    },
    listen(operation, hear) {
      for (const progress of said.get(operation) ?? []) hear(progress);
      const hearing = listeners.get(operation) ?? new Set();
      listeners.set(operation, hearing.add(hear));
      return () => {
        hearing.delete(hear);
        if (hearing.size === 0) listeners.delete(operation);
      };
    },
  };
}
