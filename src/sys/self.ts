/** This process: its id, its memory, the signals that end it. */
export interface Self {
  readonly pid: number;
  /** Resident memory in bytes. */
  residentBytes(): number;
  /** Calls back at SIGTERM, SIGINT or SIGHUP with the signal's name; the answer stops it. */
  onEnd(listener: (signal: string) => void): () => void;
}

const ending = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

export const self: Self = {
  pid: process.pid,
  residentBytes: () => process.memoryUsage.rss(),
  onEnd: (listener) => {
    for (const signal of ending) process.on(signal, listener);
    return () => {
      for (const signal of ending) process.off(signal, listener);
    };
  },
};
