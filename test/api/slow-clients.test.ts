/** Many clients that trickle at a real daemon: others are served meanwhile, and at the limit of a request the slow ones are cut. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { encodeFrame, encodeJson } from "../../src/api/bytes.ts";
import { framesProtocol, versionHeader } from "../../src/api/protocol.ts";
import { type FireBed, growthBytesMax, startFireBed } from "./fire-bed.ts";

/** Of each kind; all of them together are fewer than the daemon takes at once. */
const clientsOfKind = 60;
/** One byte per client in this time: none of them is ever idle, and none would be done within the hour. */
const trickleMs = 500;
/** A request has 30 s to come whole, a client that upgraded 10 s to say what it wants; and a busy machine takes its time. */
const cutMsMax = 90_000;

const post = "POST /v1/instance.list HTTP/1.1\r\nHost: x\r\n";
const upgraded = `GET /v1/session.open HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${framesProtocol}\r\n${versionHeader}: 0.1.0\r\n\r\n`;
const openFrame = encodeFrame("open", encodeJson({ instance: "x".repeat(5_000) }));

/** What comes at once, and what then comes byte by byte; without that, the client is silent. */
const kinds: readonly { readonly what: string; readonly start: string; readonly rest?: Uint8Array }[] = [
  { what: "says nothing", start: "" },
  { what: "stops in the head", start: `${post}Content-` },
  { what: "trickles its head", start: post, rest: Buffer.from("X-Slow: ".padEnd(5_000, "a")) },
  { what: "trickles its body", start: `${post}Content-Length: 5000\r\n\r\n`, rest: Buffer.alloc(5_000, 0x20) },
  {
    what: "trickles chunks",
    start: `${post}Transfer-Encoding: chunked\r\n\r\n`,
    rest: Buffer.from("1\r\n \r\n".repeat(1_000)),
  },
  { what: "trickles its open frame", start: upgraded, rest: openFrame },
];

let bed: FireBed;
const open = new Set<Socket>();
beforeAll(async () => {
  bed = await startFireBed();
}, 60_000);
afterAll(async () => {
  for (const socket of open) socket.destroy();
  await bed.close();
}, 60_000);

/** A slow client; resolves with what it heard once the daemon has closed its connection. */
function slowClient({ start, rest }: (typeof kinds)[number]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(bed.socket, () => socket.write(start));
    open.add(socket);
    let heard = "";
    let sent = 0;
    const drip = setInterval(() => rest && sent < rest.length && socket.write(rest.subarray(sent, ++sent)), trickleMs);
    socket.on("data", (bytes) => (heard += bytes.toString("latin1")));
    // A byte that is written while the daemon closes.
    socket.on("error", () => {});
    socket.on("close", () => {
      clearInterval(drip);
      open.delete(socket);
      resolve(heard);
    });
  });
}

test("slow clients keep nobody waiting, take bounded memory, and are cut", async () => {
  const position = await bed.positionNow();
  const bytesBefore = bed.residentBytes();
  const cut = kinds.flatMap((kind) => Array.from({ length: clientsOfKind }, () => slowClient(kind)));
  for (let times = 0; times < 20; times++) {
    expect(await bed.post("instance.list", "{}")).toEqual({ status: 200, code: undefined });
    if (times === 0) expect(open.size).toBe(cut.length);
  }
  expect(bed.residentBytes() - bytesBefore).toBeLessThan(growthBytesMax);
  const late = Promise.withResolvers<"too late">();
  const timer = setTimeout(() => late.resolve("too late"), cutMsMax);
  const heard = await Promise.race([Promise.all(cut), late.promise]);
  clearTimeout(timer);
  if (heard === "too late") throw new Error(`${open.size} clients are not cut`);
  for (const text of heard) expect(text).not.toMatch(/^HTTP\/1.1 (2|5)\d\d/);
  expect(await bed.moved(position)).toBeUndefined();
}, 120_000);
