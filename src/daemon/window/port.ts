/** The window's port while it is open. */
import type { LoopbackListening } from "../../sys/loopback.ts";

export interface Port {
  /** Listens, unless it does already; resolves with the port. `at` 0: one that is free. Rejects with the system's error. */
  start(at: number): Promise<number>;
  stop(): Promise<void>;
  isOpen(): boolean;
}

export function createPort(listen: (at: number) => Promise<LoopbackListening>): Port {
  let listening: Promise<LoopbackListening> | undefined;
  return {
    async start(at) {
      const starting = (listening ??= listen(at));
      try {
        return (await starting).port;
      } catch (error) {
        if (listening === starting) listening = undefined;
        throw error;
      }
    },
    async stop() {
      const stopped = listening;
      listening = undefined;
      await stopped?.then(
        (server) => server.close(),
        () => undefined,
      );
    },
    isOpen: () => listening !== undefined,
  };
}
