import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkSocketPath, socketPathBytesMax, systemSockets } from "../../src/sys/socket.ts";

const never = new AbortController().signal;
const deaf = { data: () => {}, closed: () => {} };

test("a path is as long as the kernel takes it and no byte longer, counted in bytes", () => {
  const longest = `/${"s".repeat(socketPathBytesMax - 1)}`;
  expect(checkSocketPath(longest)).toBe(longest);
  expect(() => checkSocketPath(`${longest}s`)).toThrow(expect.objectContaining({ code: "socket-path-too-long" }));
  expect(() => checkSocketPath(`/${"é".repeat(socketPathBytesMax / 2)}x`)).toThrow("bytes");
});

test("bytes go both ways over a unix socket, and the end is told once", async () => {
  const directory = mkdtempSync(join(tmpdir(), "strata-socket-"));
  const path = join(directory, "s");
  const server = Bun.listen({
    unix: path,
    socket: { data: (socket, bytes) => void (socket.write(bytes), socket.end()) },
  });
  const heard: string[] = [];
  const closings: (Error | undefined)[] = [];
  const ended = new Promise<void>((resolve) => {
    const handlers = {
      data: (bytes: Uint8Array) => void heard.push(Buffer.from(bytes).toString()),
      closed: (error?: Error) => (closings.push(error), resolve()),
    };
    systemSockets.connect({ path }, handlers, never).then((socket) => socket.write("hello"), resolve);
  });
  await ended;
  expect([heard.join(""), closings]).toEqual(["hello", [undefined]]);
  server.stop(true);
  rmSync(directory, { recursive: true });
});

test("no socket, and a signal that says no, reject", async () => {
  await expect(systemSockets.connect({ path: "/nonexistent/s" }, deaf, never)).rejects.toMatchObject({
    code: "ENOENT",
  });
  await expect(systemSockets.connect({ path: "/s" }, deaf, AbortSignal.abort(new Error("no")))).rejects.toThrow("no");
});
