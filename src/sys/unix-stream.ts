/** The client's end of a unix socket, on the runtime's own sockets: node:net takes 5 ms to load, a third of a command's start. */

interface Events {
  data: (chunk: Uint8Array) => void;
  /** What `write` could not hand on at once is handed on. */
  drain: () => void;
  end: () => void;
  close: () => void;
  error: (error: Error) => void;
}

export interface UnixStream {
  /** One listener per event; a later one takes the place of the earlier. */
  on<Name extends keyof Events>(event: Name, listener: Events[Name]): void;
  /** False: the kernel takes no more now, the rest waits here and `drain` follows. */
  write(chunk: Uint8Array): boolean;
  /** No more is written from this side, once what waits has gone. */
  end(): void;
  /** What waits is dropped. */
  destroy(): void;
  pause(): void;
  resume(): void;
}

type Socket = Awaited<ReturnType<typeof Bun.connect<undefined>>>;

/** What the kernel has not taken yet, in order. */
function createOutbox(socket: Socket, emptied: () => void) {
  const waiting: Uint8Array[] = [];
  let isEnding = false;
  /** Hands on what the kernel takes; true when nothing waits. */
  const flush = (): boolean => {
    for (let chunk = waiting[0]; chunk !== undefined; chunk = waiting[0]) {
      const taken = Math.max(0, socket.write(chunk));
      if (taken < chunk.length) {
        waiting[0] = chunk.subarray(taken);
        return false;
      }
      waiting.shift();
    }
    if (isEnding) socket.end();
    return true;
  };
  return {
    add(chunk: Uint8Array): boolean {
      waiting.push(chunk);
      return waiting.length > 1 ? false : flush();
    },
    drained: () => flush() && emptied(),
    end(): void {
      isEnding = true;
      if (waiting.length === 0) socket.end();
    },
  };
}

/** Connects; rejects with the system's error; a path that is not there may be `ENOENT` or `ECONNREFUSED`. */
export async function connectUnix(path: string): Promise<UnixStream> {
  const nothing = () => {};
  const listeners: Events = { data: nothing, drain: nothing, end: nothing, close: nothing, error: nothing };
  let drained: () => void = nothing;
  const socket = await Bun.connect({
    unix: path,
    allowHalfOpen: true,
    socket: {
      binaryType: "uint8array",
      data: (_socket, chunk) => listeners.data(chunk),
      drain: () => drained(),
      end: () => listeners.end(),
      close: () => listeners.close(),
      error: (_socket, error) => listeners.error(error),
    },
  });
  const outbox = createOutbox(socket, () => listeners.drain());
  drained = outbox.drained;
  return {
    on: (event, listener) => void (listeners[event] = listener),
    write: outbox.add,
    end: outbox.end,
    destroy: () => void socket.terminate(),
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
  };
}
