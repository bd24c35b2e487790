/** Two ends of a connection in memory, with a buffer of known size in each direction: sockets whose back-pressure can be seen. */
import { EventEmitter } from "node:events";
import type { ByteSocket } from "../../src/api/frame-stream.ts";

/** What a kernel would hold for one direction. */
const bufferBytesMax = 128 * 1024;

export class FakeSocket extends EventEmitter implements ByteSocket {
  other: FakeSocket | undefined;
  isPaused = false;
  /** Bytes written by the other end and not yet handed out here. */
  waitingBytes = 0;
  /** The most that ever waited here. */
  peakBytes = 0;
  private readonly waiting: Uint8Array[] = [];
  private isEnding = false;
  private isClosed = false;

  write(chunk: Uint8Array): boolean {
    const { other } = this;
    if (!other || this.isClosed) return false;
    other.waiting.push(chunk);
    other.waitingBytes += chunk.length;
    other.peakBytes = Math.max(other.peakBytes, other.waitingBytes);
    queueMicrotask(() => other.deliver());
    return other.waitingBytes < bufferBytesMax;
  }

  end(): void {
    const { other } = this;
    if (!other) return;
    other.isEnding = true;
    queueMicrotask(() => other.deliver());
  }

  destroy(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.waiting.length = 0;
    queueMicrotask(() => {
      this.emit("close");
      this.end();
    });
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    queueMicrotask(() => this.deliver());
  }

  private deliver(): void {
    while (!this.isPaused && !this.isClosed) {
      const chunk = this.waiting.shift();
      if (chunk === undefined) break;
      this.waitingBytes -= chunk.length;
      this.emit("data", chunk);
      if (this.waitingBytes < bufferBytesMax) this.other?.emit("drain");
    }
    if (!this.isEnding || this.isPaused || this.waiting.length > 0) return;
    this.isEnding = false;
    this.emit("end");
  }
}

export function socketPair(): [FakeSocket, FakeSocket] {
  const [left, right] = [new FakeSocket(), new FakeSocket()];
  left.other = right;
  right.other = left;
  return [left, right];
}
