/** Frames over a socket: bounded in both directions, and a peer that leaves is noticed. */
import { describe, expect, test } from "bun:test";
import { encodeFrame } from "../../src/api/bytes.ts";
import { createFrameStream } from "../../src/api/frame-stream.ts";
import { socketPair } from "./sockets.ts";

const piece = new Uint8Array(64 * 1024).fill(7);
const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => "no error",
    (error: { code?: string }) => error.code,
  );
/** Lets everything that can go on without us go on. */
const settle = () => Bun.sleep(1);

describe("a frame stream", () => {
  test("hands over frames in order, those that arrived with the upgrade first", async () => {
    const [near, far] = socketPair();
    const stream = createFrameStream(near, encodeFrame("signal", Buffer.from('{"name":"INT"}')));
    far.write(encodeFrame("eof"));
    expect((await stream.read())?.type).toBe("signal");
    expect((await stream.read())?.type).toBe("eof");
  });

  test("waits on through chunks that complete no frame", async () => {
    const [near, far] = socketPair();
    const stream = createFrameStream(near);
    const bytes = encodeFrame("stdin", Uint8Array.of(1, 2, 3));
    const reading = stream.read();
    for (const byte of bytes) {
      far.write(Uint8Array.of(byte));
      await settle();
    }
    expect((await reading)?.payload).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("stops reading while nobody takes frames, and goes on afterwards", async () => {
    const [near, far] = socketPair();
    const reader = createFrameStream(near);
    const writer = createFrameStream(far);
    let written = 0;
    const writing = (async () => {
      for (; written < 100; written++) await writer.write("stdout", piece);
      writer.end();
    })();
    await settle();
    expect(near.isPaused).toBe(true);
    expect(written).toBeLessThan(10);
    let read = 0;
    while ((await reader.read()) !== undefined) read++;
    await writing;
    expect(read).toBe(100);
    expect(near.peakBytes).toBeLessThan(256 * 1024);
  });

  test("does not hold a flood of empty frames", async () => {
    const [near, far] = socketPair();
    createFrameStream(near);
    far.write(Buffer.concat(Array.from({ length: 10_000 }, () => encodeFrame("eof"))));
    await settle();
    expect(near.isPaused).toBe(true);
  });

  test("ends orderly: the other side reads what was written, then undefined", async () => {
    const [near, far] = socketPair();
    const [left, right] = [createFrameStream(near), createFrameStream(far)];
    await left.send("exit", { code: 0 });
    left.end();
    expect((await right.read())?.type).toBe("exit");
    expect(await right.read()).toBeUndefined();
    expect(right.gone.aborted).toBe(true);
  });

  test("fails waiting writers when the peer leaves", async () => {
    const [near, far] = socketPair();
    const stream = createFrameStream(near);
    far.pause();
    const writes = Array.from({ length: 4 }, () => stream.write("stdout", piece));
    far.destroy();
    expect(await rejection(Promise.all(writes))).toBe("connection-lost");
    expect(await stream.read()).toBeUndefined();
    expect(await rejection(stream.write("eof"))).toBe("connection-lost");
  });

  test("breaks off at the first bytes that are no frame, after the good ones", async () => {
    const [near, far] = socketPair();
    const stream = createFrameStream(near);
    far.write(encodeFrame("eof"));
    far.write(Uint8Array.of(200, 0, 0, 0, 0));
    expect((await stream.read())?.type).toBe("eof");
    expect(await rejection(stream.read())).toBe("frame-invalid");
    expect(stream.gone.aborted).toBe(true);
  });

  test("allows one reader only", async () => {
    const [near] = socketPair();
    const stream = createFrameStream(near);
    void stream.read();
    await expect(stream.read()).rejects.toThrow("one reader");
  });
});
