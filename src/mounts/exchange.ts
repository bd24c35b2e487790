/** Takes packets from one descriptor and writes answers to another, until either ends, or the folder is gone. */
import { allocate, errors, type Calls, type Memory } from "../sys/calls.ts";
import type { Clock } from "../sys/clock.ts";
import { Broken, type Server } from "./server.ts";
import { packetBytesMax } from "./wire.ts";

const lengthBytes = 4;

/** One packet is held, and as much again of those behind it. */
export const allocateInput = (): Memory => allocate(2 * (lengthBytes + packetBytesMax));

/** Answers are held back until so many bytes, or until no whole packet is left. */
const heldBytesMax = 64 << 10;

/** How often the folder is looked after, and the longest wait. */
const checkMs = 1000;

export interface Ends {
  readonly calls: Calls;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly input: number;
  readonly output: number;
}

/** "closed": nobody sends, or nobody takes, any more. Throws Broken. */
export function exchange(memory: Memory, server: Server, { calls, clock, input, output }: Ends): "closed" | "gone" {
  const { bytes, address } = memory;
  const { answers } = server;
  let start = 0;
  let end = 0;

  /** False: nobody takes it. */
  const flush = (): boolean => {
    for (let at = 0; at < answers.length();) {
      const wrote = calls.write(output, answers.address + at, answers.length() - at);
      if (wrote >= 0) at += wrote;
      else if (wrote === -errors.EAGAIN) calls.wait(output, "write", checkMs);
      else if (wrote !== -errors.EINTR) return false;
    }
    answers.clear();
    return true;
  };

  /** Answers all packets that are whole. False: nobody takes the answers. */
  const answerWhole = (): boolean => {
    while (end - start >= lengthBytes) {
      const length = bytes.readUInt32BE(start);
      if (length > packetBytesMax) throw new Broken(`a packet of ${length} bytes; at most ${packetBytesMax} are taken`);
      const to = start + lengthBytes + length;
      if (to > end) break;
      server.take(start + lengthBytes, to);
      start = to;
      if (answers.length() > heldBytesMax && !flush()) return false;
    }
    return flush();
  };

  /** What is left of a packet moves to the front when it would not fit behind. */
  const makeRoom = () => {
    if (start === end) start = end = 0;
    else if (start + lengthBytes + packetBytesMax > bytes.length) {
      bytes.copyWithin(0, start, end);
      end -= start;
      start = 0;
    }
  };

  /** False: the end. Nothing may have come all the same. */
  const receive = (): boolean => {
    makeRoom();
    const ready = calls.wait(input, "read", checkMs);
    if (ready <= 0) return ready === 0 || ready === -errors.EINTR;
    const got = calls.read(input, address + end, bytes.length - end);
    if (got > 0) end += got;
    return got > 0 || got === -errors.EAGAIN || got === -errors.EINTR;
  };

  for (let checkedMs = clock.monotonicMs(); ;) {
    if (!receive()) return "closed";
    const isOpen = answerWhole();
    if (server.takeMissing() || clock.monotonicMs() - checkedMs >= checkMs) {
      if (server.isGone()) return "gone";
      checkedMs = clock.monotonicMs();
    }
    if (!isOpen) return "closed";
  }
}
