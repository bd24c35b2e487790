/** The client's end of a unix socket: nothing is lost in either direction, however slowly the other side reads. */
import { afterAll, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectUnix } from "../../src/sys/unix-stream.ts";

const directory = mkdtempSync(join(tmpdir(), "strata-unix-"));
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(directory, { recursive: true, force: true });
});

/** A server at a path of its own, and the far end of each connection to it. */
async function listen(serve: (socket: Socket) => void): Promise<string> {
  const path = join(directory, `${servers.length}.sock`);
  const server = createServer({ allowHalfOpen: true }, serve);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return path;
}

test("what the kernel does not take at once waits in order, and drain tells when it is gone", async () => {
  const heard: Buffer[] = [];
  const ended = Promise.withResolvers<void>();
  const paused = Promise.withResolvers<Socket>();
  const path = await listen((socket) => {
    socket.pause();
    socket.on("data", (chunk: Buffer) => heard.push(chunk)).on("end", () => ended.resolve());
    socket.pause();
    paused.resolve(socket);
  });
  const stream = await connectUnix(path);
  const drained = Promise.withResolvers<void>();
  stream.on("drain", () => drained.resolve());
  const pieces = Array.from({ length: 64 }, (_, index) => new Uint8Array(65_536).fill(index));
  expect(pieces.map((piece) => stream.write(piece)).at(-1)).toBe(false);
  stream.end();
  (await paused.promise).resume();
  await Promise.all([drained.promise, ended.promise]);
  expect(Buffer.compare(Buffer.concat(heard), Buffer.concat(pieces))).toBe(0);
});

test("a paused stream hands nothing on until it is resumed", async () => {
  const sent = Buffer.alloc(1 << 20, 7);
  const path = await listen((socket) => void socket.end(sent));
  const stream = await connectUnix(path);
  let bytes = 0;
  const ended = Promise.withResolvers<void>();
  stream.pause();
  stream.on("data", (chunk) => (bytes += chunk.length));
  stream.on("end", () => ended.resolve());
  const other = await connectUnix(path);
  const otherEnded = Promise.withResolvers<void>();
  other.on("end", () => otherEnded.resolve());
  await otherEnded.promise;
  expect(bytes).toBe(0);
  stream.resume();
  await ended.promise;
  expect(bytes).toBe(sent.length);
  for (const each of [stream, other]) each.destroy();
});

test("nobody there is an error that says so", async () => {
  const code = await connectUnix(join(directory, "nobody.sock")).catch((error: { code?: string }) => error.code);
  expect(["ENOENT", "ECONNREFUSED"]).toContain(String(code));
});
