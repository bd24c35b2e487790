/** Frames on the wire: what is written is read back however it was cut, and hostile bytes are refused within bounds. */
import { describe, expect, test } from "bun:test";
import { createFrameDecoder, dataBytesMax, encodeFrame, encodeJson, frameJson } from "../../src/api/bytes.ts";
import type { Frame, FrameType } from "../../src/api/bytes.ts";
import { UserError } from "../../src/errors.ts";

/** The same numbers for the same seed, so that a failing case can be run again. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const dataTypes: readonly FrameType[] = ["stdin", "stdout", "stderr"];

function randomFrames(random: () => number, count: number): Frame[] {
  return Array.from({ length: count }, () => {
    const type = dataTypes[Math.floor(random() * dataTypes.length)] ?? "stdin";
    const length = Math.floor(random() ** 4 * dataBytesMax);
    return { type, payload: Uint8Array.from({ length }, () => Math.floor(random() * 256)) };
  });
}

/** Cuts bytes at random places, often in the middle of a header. */
function cut(bytes: Uint8Array, random: () => number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = 1 + Math.floor(random() ** 6 * 100_000);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

const decodeAll = (pieces: readonly Uint8Array[]) => {
  const decoder = createFrameDecoder();
  return pieces.flatMap((piece) => decoder.push(piece));
};

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof UserError ? error.code : "no UserError";
  }
}

describe("frames", () => {
  test("are read back whole and in order, wherever the stream was cut", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = randomFrom(seed);
      const frames = randomFrames(random, 20);
      const bytes = Buffer.concat(frames.map(({ type, payload }) => encodeFrame(type, payload)));
      const read = decodeAll(cut(bytes, random));
      expect(read.map(({ type }) => type)).toEqual(frames.map(({ type }) => type));
      const isSame = read.every(
        ({ payload }, index) => Buffer.compare(payload, frames[index]?.payload ?? payload) === 0,
      );
      expect({ seed, isSame }).toEqual({ seed, isSame: true });
    }
  });

  test("are read back byte by byte", () => {
    const bytes = Buffer.concat([
      encodeFrame("eof"),
      encodeFrame("stdout", new Uint8Array([1, 2, 3])),
      encodeFrame("exit", encodeJson({ code: 7 })),
    ]);
    const read = decodeAll([...bytes].map((byte) => new Uint8Array([byte])));
    expect(read.map(({ type, payload }) => [type, payload.length])).toEqual([
      ["eof", 0],
      ["stdout", 3],
      ["exit", 10],
    ]);
    expect(frameJson(read[2] ?? { type: "exit", payload: new Uint8Array() })).toEqual({ code: 7 });
  });

  test("carry the length big-endian behind the type", () => {
    expect([...encodeFrame("stdin", new Uint8Array(258)).subarray(0, 5)]).toEqual([3, 0, 0, 1, 2]);
  });

  test("above their limit are a bug of the writer", () => {
    expect(() => encodeFrame("stdin", new Uint8Array(dataBytesMax + 1))).toThrow("bug: a frame of type stdin");
  });
});

describe("hostile bytes", () => {
  const header = (type: number, length: number) =>
    Uint8Array.of(type, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
  test.each([
    ["an unknown type", header(99, 0)],
    ["type zero", header(0, 0)],
    ["data above 64 KiB", header(3, 65_537)],
    ["an open frame above 1 MiB", header(1, 1_048_577)],
    ["the largest length", header(4, 0xffff_ffff)],
    ["an eof with bytes", header(6, 1)],
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\n")],
  ])("are refused before their bytes are stored: %s", (_, bytes) => {
    expect(codeOf(() => createFrameDecoder().push(bytes))).toBe("frame-invalid");
  });

  test.each([
    ["no JSON", Buffer.from("{")],
    ["no UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
    ["nothing", new Uint8Array()],
  ])("in a frame of text are refused: %s", (_, payload) => {
    expect(codeOf(() => frameJson({ type: "open", payload }))).toBe("frame-invalid");
  });
});
