/** How packets leave for a guest: whole, and not in small change. */
import { expect, test } from "bun:test";
import { joinWrites } from "../../src/guest/joined-writes.ts";
import { watchWindow } from "../../src/guest/send-window.ts";
import type { TcpSocket } from "../../src/sys/network.ts";

function fakeSocket() {
  const written: string[] = [];
  const socket = {
    writable: true,
    writableNeedDrain: false,
    write: (bytes: Uint8Array) => (written.push(Buffer.from(bytes).toString()), true),
    end: () => void written.push("end"),
  };
  return { socket: joinWrites(socket as unknown as TcpSocket), written };
}

test("what is written in one turn goes out at once, in order, and before the end", async () => {
  const { socket, written } = fakeSocket();
  for (const part of ["length", "content", "code"]) socket.write(Buffer.from(part));
  expect(written).toEqual([]);
  await Promise.resolve();
  socket.write("next");
  socket.end();
  await Promise.resolve();
  expect(written).toEqual(["lengthcontentcode", "next", "end"]);
});

test("little is sent at once, much when half of the window is free", async () => {
  const outgoing = { window: 24_000 };
  const sending = watchWindow(outgoing);
  expect(await sending.room(1)).toBe(1);
  expect(await sending.room(100_000)).toBe(24_000);
  outgoing.window -= 24_000;
  const room = sending.room(100_000);
  outgoing.window += 8_000;
  outgoing.window += 8_000;
  expect(await room).toBe(16_000);
  expect(outgoing.window).toBe(16_000);
});

test("a guest that gives back no more than a little gets as much, after a while", async () => {
  const outgoing = { window: 24_000 };
  const sending = watchWindow(outgoing);
  outgoing.window = 100;
  expect(await sending.room(100_000)).toBe(100);
  outgoing.window = 0;
  expect(await sending.room(100_000)).toBe(100_000);
});

test("a channel that was opened without a window, as OpenSSH does it, is never told to send nothing", async () => {
  const outgoing = { window: 0 };
  const sending = watchWindow(outgoing);
  outgoing.window += 2 ** 21;
  expect(await sending.room(65_536)).toBe(65_536);
  outgoing.window = 0;
  const room = sending.room(65_536);
  outgoing.window += 8_000;
  outgoing.window += 32_000;
  expect(await room).toBe(40_000);
  outgoing.window = 0;
  expect(await sending.room(65_536)).toBe(65_536);
});
