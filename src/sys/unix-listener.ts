/** The listening end of a unix socket, for what moves many small messages: no streams, no copies, and a queue that its user can see. */
import { chmodSync, rmSync, statSync } from "node:fs";
import { checkSocketPath } from "./socket.ts";

export interface Connection {
  /** The kernel takes what it can; the rest waits here, in order. */
  write(bytes: Uint8Array): void;
  /** Bytes that the other side has not let in yet. Whoever writes keeps them within a bound. */
  waiting(): number;
  close(): void;
}

export interface ConnectionHandlers {
  /** The bytes are the handler's own from then on. */
  data(bytes: Uint8Array): void;
  /** Called once, whoever closed. */
  closed(): void;
}

interface Data {
  handlers: ConnectionHandlers;
  drained(): void;
}

type Socket = Bun.Socket<Data>;

/** Listens at `path`, for its owner alone; what was left there by a process that died is replaced. The answer stops it, unless its place was taken. */
export function listenUnix(path: string, accept: (connection: Connection) => ConnectionHandlers): () => void {
  rmSync(checkSocketPath(path), { force: true });
  const listener = Bun.listen<Data>({
    unix: path,
    socket: {
      binaryType: "uint8array",
      open: (socket) => {
        const { connection, drained } = outgoing(socket);
        socket.data = { handlers: accept(connection), drained };
      },
      data: (socket, bytes) => socket.data.handlers.data(bytes),
      drain: (socket) => socket.data.drained(),
      close: (socket) => socket.data.handlers.closed(),
      error: (socket) => socket.terminate(),
    },
  });
  chmodSync(path, 0o600);
  const own = inodeOf(path);
  return () => {
    // Another one may listen there by now, and to stop is to remove whatever has that name.
    if (inodeOf(path) !== own) return;
    listener.stop(true);
    rmSync(path, { force: true });
  };
}

const inodeOf = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.ino;

function outgoing(socket: Socket): { connection: Connection; drained(): void } {
  const queue: Uint8Array[] = [];
  let bytes = 0;
  const flush = () => {
    let sent = 0;
    for (const chunk of queue) {
      const taken = Math.max(0, socket.write(chunk));
      bytes -= taken;
      if (taken < chunk.length) {
        queue[sent] = chunk.subarray(taken);
        break;
      }
      sent += 1;
    }
    queue.splice(0, sent);
  };
  const write = (chunk: Uint8Array) => {
    queue.push(chunk);
    bytes += chunk.length;
    if (queue.length === 1) flush();
  };
  return { connection: { write, waiting: () => bytes, close: () => socket.terminate() }, drained: flush };
}
