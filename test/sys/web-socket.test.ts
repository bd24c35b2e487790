/** A WebSocket as a stream of bytes: whole in both directions, at the pace of the slower side, whose bytes wait with the other one. */
import { afterAll, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { listenLoopback, type LoopbackListening } from "../../src/sys/loopback.ts";
import { acceptWebSocket, type WebSocketBytes } from "../../src/sys/web-socket.ts";

const messageBytesMax = 1 << 20;
/** How long a peer gets to answer to the end. */
const closeMs = 100;
const pieceBytes = 64 << 10;
/** What kernels hold of a loopback connection, both ends together, and what a stream reads ahead. */
const kernelBytesMax = 24 << 20;

const listening: LoopbackListening[] = [];
const sockets: Socket[] = [];
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  for (const each of listening) await each.close();
});

/** A server whose next connection is accepted, and a client that is in the middle of it. */
async function pair(): Promise<{ server: WebSocketBytes; client: Socket; raw: Socket }> {
  const accepted = Promise.withResolvers<{ server: WebSocketBytes; raw: Socket }>();
  const at = await listenLoopback(
    {
      request: (_request, response) => void response.end(),
      upgrade(request, raw, head) {
        const server = acceptWebSocket(request, raw, head, { protocol: "p", messageBytesMax }, closeMs);
        if (server) accepted.resolve({ server, raw });
        else accepted.reject(new Error("no handshake"));
      },
    },
    { connectionsMax: 4, port: 0 },
  );
  listening.push(at);
  const client = connect(at.port, "127.0.0.1");
  sockets.push(client);
  const greeted = new Promise<void>((resolve) => client.once("data", () => resolve()));
  client.write(
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: p\r\n\r\n",
  );
  await greeted;
  return { client, ...(await accepted.promise) };
}

/** A masked binary message (RFC 6455, 5.2), its mask all zeros. */
function message(bytes: Uint8Array, opcode = 0x82): Buffer {
  const head = Buffer.alloc(14);
  head[0] = opcode;
  head[1] = 0xff;
  head.writeBigUInt64BE(BigInt(bytes.length), 2);
  return Buffer.concat([head, bytes]);
}

/** Of a frame that says the end (RFC 6455, 5.5.1), which is the first of `text`, byte by byte. */
const closeCode = (text: string): number | undefined =>
  text.charCodeAt(0) === 0x88 ? text.charCodeAt(2) * 256 + text.charCodeAt(3) : undefined;

/** Until nothing has changed for a while: then everything that can move has moved. */
async function settled(value: () => number): Promise<number> {
  for (let last = -1, same = 0; same < 20; await Bun.sleep(10)) {
    same = value() === last ? same + 1 : 0;
    last = value();
  }
  return value();
}

test("a reader that does not read stops the writer, and gets all of it later, in order", async () => {
  const { server, client } = await pair();
  client.pause();
  const piecesMax = 1024;
  let written = 0;
  const write = () => {
    while (written < piecesMax && server.write(new Uint8Array(pieceBytes).fill(written++ % 251)));
  };
  server.on("drain", write);
  write();
  const waiting = await settled(() => written);
  expect(waiting * pieceBytes).toBeLessThan(kernelBytesMax);
  let bytes = 0;
  let isInOrder = true;
  const headBytes = 10;
  client.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length;) {
      const place = (bytes + at) % (headBytes + pieceBytes);
      const piece = Math.floor((bytes + at) / (headBytes + pieceBytes));
      if (place >= headBytes && chunk[at] !== piece % 251) isInOrder = false;
      at += place < headBytes ? 1 : Math.min(4096, headBytes + pieceBytes - place);
    }
    bytes += chunk.length;
  });
  client.resume();
  const all = piecesMax * (headBytes + pieceBytes);
  expect(await settled(() => bytes)).toBe(all);
  expect(isInOrder).toBe(true);
}, 60_000);

test("a paused server leaves the bytes with the client", async () => {
  const { server, client } = await pair();
  let heard = 0;
  server.on("data", (chunk) => (heard += chunk.length));
  server.pause();
  const pieces = 1024;
  for (let count = 0; count < pieces; count++) client.write(message(new Uint8Array(pieceBytes)));
  const before = await settled(() => client.writableLength);
  expect(heard).toBeLessThanOrEqual(2 * messageBytesMax);
  expect(before).toBeGreaterThan(pieces * pieceBytes - kernelBytesMax);
  server.resume();
  expect(await settled(() => heard)).toBe(pieces * pieceBytes);
}, 60_000);

test.each<[string, () => Buffer, number]>([
  ["a message above the limit", () => message(new Uint8Array(messageBytesMax + 1)), 1009],
  ["text", () => message(Buffer.from("x"), 0x81), 1003],
  ["bytes without a mask", () => Buffer.from([0x82, 0x01, 0x00]), 1003],
  ["an unknown frame", () => message(new Uint8Array(1), 0x83), 1002],
])(
  "%s ends the connection with the code that says so",
  async (_what, sent, said) => {
    const { server, client } = await pair();
    const heard: Uint8Array[] = [];
    server.on("data", (chunk) => heard.push(chunk));
    const text = new Promise<string>((resolve) => {
      let all = "";
      client.on("data", (bytes: Buffer) => (all += bytes.toString("latin1"))).on("close", () => resolve(all));
    });
    client.write(sent());
    client.once("data", () => client.end(message(Buffer.from([0x03, 0xe8]), 0x88)));
    expect(closeCode(await text)).toBe(said);
    expect(heard).toEqual([]);
  },
  60_000,
);

test("a message in more pieces than it has bytes ends the connection", async () => {
  const { client } = await pair();
  const closed = new Promise<void>((resolve) => client.on("close", () => resolve()));
  client.on("error", () => undefined);
  client.write(message(new Uint8Array(1), 0x02));
  const nothing = Buffer.concat(Array.from({ length: 10_000 }, () => Buffer.from([0x00, 0x80, 0, 0, 0, 0])));
  for (let count = 0; count < 64; count++) client.write(nothing);
  await closed;
}, 60_000);

test("its end is said, and a peer that does not answer to it is let go", async () => {
  const { server, client, raw } = await pair();
  const closed = new Promise<void>((resolve) => raw.on("close", () => resolve()));
  let heard = "";
  client.on("data", (bytes: Buffer) => (heard += bytes.toString("latin1")));
  server.end();
  await closed;
  expect(closeCode(heard)).toBe(1000);
}, 60_000);
