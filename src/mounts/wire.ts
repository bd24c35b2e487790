/** Reads and writes SFTP's packets in place: a length of 32 bits, then as many bytes; numbers with their high byte first. */
import { allocate, type Memory } from "../sys/calls.ts";

/** A packet is no longer than this, without its length; OpenSSH's limit, too. */
export const packetBytesMax = 256 << 10;

/** What a packet should hold goes on past its end, or is no number that can be. */
export class Malformed extends Error {}

/** Reads the fields of one packet after the other out of the same bytes. A field is part of those: it lives as long as they stay. */
export type Fields = ReturnType<typeof createFields>;

export function createFields({ bytes, address }: Memory) {
  let at = 0;
  let end = 0;
  const take = (length: number): number => {
    const from = at;
    if (end - from < length) throw new Malformed();
    at += length;
    return from;
  };
  const fields = {
    begin: (from: number, to: number) => {
      at = from;
      end = to;
    },
    byte: () => bytes.readUInt8(take(1)),
    number: () => bytes.readUInt32BE(take(4)),
    /** Exact up to 2 ** 53; what is above throws. */
    large: () => {
      const from = take(8);
      const value = bytes.readUInt32BE(from) * 2 ** 32 + bytes.readUInt32BE(from + 4);
      if (value > Number.MAX_SAFE_INTEGER) throw new Malformed();
      return value;
    },
    /** Of any bytes: names are not UTF-8 by nature. */
    string: (): Uint8Array => {
      const length = fields.number();
      const from = take(length);
      return bytes.subarray(from, from + length);
    },
    text: () => Buffer.from(fields.string()).toString("latin1"),
    /** A string for a call: where it lies, and how long it is. */
    data: () => {
      const length = fields.number();
      return { address: address + take(length), length };
    },
  };
  return fields;
}

/** Collects answers until they are taken all at once. */
export type Answers = ReturnType<typeof createAnswers>;

/** Room for two of the largest answers. */
const answersBytes = 2 * packetBytesMax;

export function createAnswers() {
  const { bytes, address } = allocate(answersBytes);
  let end = 0;
  let start = 0;
  const answers = {
    address,
    length: () => end,
    clear: () => void (end = 0),
    /** Throws away what was written of an answer that is not finished. */
    begin: (type: number, id: number) => {
      start = end;
      end += 4;
      answers.byte(type);
      answers.number(id);
    },
    finish: () => void bytes.writeUInt32BE(end - start - 4, start),
    drop: () => void (end = start),
    byte: (value: number) => void (end = bytes.writeUInt8(value, end)),
    number: (value: number) => void (end = bytes.writeUInt32BE(value, end)),
    large: (value: number) => {
      answers.number(Math.floor(value / 2 ** 32));
      answers.number(value % 2 ** 32);
    },
    string: (value: Uint8Array) => {
      answers.number(value.length);
      bytes.set(value, end);
      end += value.length;
    },
    text: (value: string) => answers.string(Buffer.from(value)),
    /** A string that a call writes: `fill` is told where, and answers its length or an error, which is handed on. */
    filled: (fill: (address: number) => number): number => {
      const length = fill(address + end + 4);
      if (length < 0) return length;
      answers.number(length);
      end += length;
      return length;
    },
    /** Changes a number that was written before: `at` is what `length` was then. */
    correct: (at: number, value: number) => void bytes.writeUInt32BE(value, at),
  };
  return answers;
}
