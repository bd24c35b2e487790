/**
 * What is written to a socket within one turn goes out at once. ssh2 writes a packet in two or three parts (length, content, code),
 * and each would be a segment of its own, which costs an emulated guest more than what is in it.
 */
import type { TcpSocket } from "../sys/network.ts";

/** Changes the socket itself, since ssh2 takes nothing else. */
export function joinWrites(socket: TcpSocket): TcpSocket {
  const [write, end] = [socket.write.bind(socket), socket.end.bind(socket)];
  let waiting: Uint8Array[] = [];
  const flush = () => {
    const parts = waiting;
    waiting = [];
    const [only] = parts;
    if (only !== undefined && socket.writable) write(parts.length === 1 ? only : Buffer.concat(parts));
  };
  // ssh2 gives bytes alone and looks at no answer: its windows hold it back.
  socket.write = (chunk: Uint8Array | string) => {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    if (waiting.push(bytes) === 1) queueMicrotask(flush);
    return !socket.writableNeedDrain;
  };
  socket.end = () => {
    flush();
    return end();
  };
  return socket;
}
