/** What stays open at the window: streams and the frames of a WebSocket, and their end when the session is taken away. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { createFrameDecoder, encodeFrame, encodeJson, frameJson, type Frame } from "../../../src/api/bytes.ts";
import { proofOf } from "../../../src/daemon/window/proofs.ts";
import { hashOfSecret } from "../../../src/daemon/window/tickets.ts";
import { ask, type Entered, heard, type Headers, post, startWindowBed, until, type WindowBed } from "./bed.ts";

let bed: WindowBed;
let page: Entered;
beforeAll(async () => {
  bed = await startWindowBed();
  page = await bed.enter();
}, 60_000);
afterAll(() => bed.close());

const ticketOf = async (from: Entered): Promise<string> =>
  (JSON.parse((await from.post("/session/ticket")).text) as { ticket: string }).ticket;

const handshake = (more: Headers): Headers => ({
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  origin: `http://127.0.0.1:${page.port}`,
  ...more,
});

/** A WebSocket as the page opens it; the frames that come, and how it ended. */
async function openSocket(from: Entered, call: string, protocols?: string[]) {
  const frames: Frame[] = [];
  const decoder = createFrameDecoder();
  const socket = new WebSocket(`ws://127.0.0.1:${from.port}/v1/${call}`, {
    protocols: protocols ?? ["strata.frames.v1", `ticket.${await ticketOf(from)}`],
    headers: { origin: `http://127.0.0.1:${from.port}` },
  });
  socket.binaryType = "arraybuffer";
  const closed = new Promise<number>((resolve) => (socket.onclose = ({ code }) => resolve(code)));
  socket.onmessage = ({ data }) => frames.push(...decoder.push(new Uint8Array(data as ArrayBuffer)));
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("refused"));
  });
  return { socket, frames, closed };
}

const open = { command: Bun.randomUUIDv7(), instance: "web", words: ["true"], environment: {} };

describe("a WebSocket", () => {
  test("carries the frames of the call, both ways, and says the first protocol alone", async () => {
    const { socket, frames, closed } = await openSocket(page, "session.open");
    expect(socket.protocol).toBe("strata.frames.v1");
    socket.send(encodeFrame("open", encodeJson(open)));
    expect(await closed).toBe(1000);
    expect(frames.map(({ type }) => type)).toEqual(["error"]);
    expect(frameJson(frames[0] as Frame)).toMatchObject({ error: { code: "instance-not-found" } });
  });

  test("may cut frames where it wants", async () => {
    const { socket, frames, closed } = await openSocket(page, "session.open");
    for (const byte of encodeFrame("open", encodeJson(open))) socket.send(Uint8Array.of(byte));
    expect(await closed).toBe(1000);
    expect(frames.map(({ type }) => type)).toEqual(["error"]);
  });

  test("takes bytes alone, no text", async () => {
    const { socket, closed } = await openSocket(page, "session.open");
    socket.send("open");
    expect(await closed).toBe(1003);
  });

  test("takes no message that is larger than any frame", async () => {
    const { socket, closed } = await openSocket(page, "session.open");
    socket.send(new Uint8Array(2 << 20));
    expect(await closed).toBe(1009);
  });

  test("ends at bytes that are no frame", async () => {
    const { socket, closed } = await openSocket(page, "session.open");
    socket.send(Uint8Array.of(99, 0, 0, 0, 0));
    expect(await closed).toBe(1006);
  });

  test.each<[string, (ticket: string) => Headers, number]>([
    ["no ticket", () => ({ "sec-websocket-protocol": "strata.frames.v1" }), 401],
    ["a guess", () => ({ "sec-websocket-protocol": `strata.frames.v1, ticket.${"A".repeat(43)}` }), 401],
    ["a bearer", () => ({ "sec-websocket-protocol": `strata.frames.v1, ticket.${page.bearer}` }), 401],
    ["a bearer where a call has it", () => ({ authorization: `Bearer ${page.bearer}` }), 401],
    ["no protocol of ours", (ticket) => ({ "sec-websocket-protocol": `ticket.${ticket}` }), 401],
    [
      "another origin",
      (ticket) => ({ "sec-websocket-protocol": `strata.frames.v1, ticket.${ticket}`, origin: "http://127.0.0.1:1" }),
      403,
    ],
    [
      "no origin",
      (ticket) => ({ "sec-websocket-protocol": `strata.frames.v1, ticket.${ticket}`, origin: undefined }),
      403,
    ],
    [
      "another name",
      (ticket) => ({ "sec-websocket-protocol": `strata.frames.v1, ticket.${ticket}`, host: "evil.test" }),
      421,
    ],
  ])("with %s is refused", async (_what, headers, status) => {
    const more = headers(await ticketOf(page));
    expect((await ask(page.port, "GET /v1/session.open", handshake(more))).status).toBe(status);
  });

  test("uses its ticket up", async () => {
    const protocols = ["strata.frames.v1", `ticket.${await ticketOf(page)}`];
    const first = await openSocket(page, "session.open", protocols);
    expect(await openSocket(page, "session.open", protocols).catch((error: Error) => error.message)).toBe("refused");
    first.socket.close();
  });

  test("is there for calls that are frames alone", async () => {
    const more = { "sec-websocket-protocol": `strata.frames.v1, ticket.${await ticketOf(page)}` };
    expect((await ask(page.port, "GET /v1/instance.list", handshake(more))).code).toBe("path-not-found");
    const { status } = await page.post("/v1/session.open");
    expect(status).toBe(400);
  });

  test("speaks no other protocol than it was asked for", async () => {
    const more = { upgrade: "strata-frames", authorization: `Bearer ${page.bearer}` };
    expect((await ask(page.port, "GET /v1/session.open", handshake(more))).status).toBe(401);
  });
});

/** The error of a connection; undefined: somebody answers. */
const knock = (port: number): Promise<string | undefined> =>
  heard(port, "GET / HTTP/1.1\r\n\r\n").then(
    () => undefined,
    (error: { code?: string }) => error.code,
  );

/** A stream that goes on, read on a connection of its own. */
function follow(from: Entered): { text(): string; closed: Promise<void>; socket: Socket } {
  const body = JSON.stringify({ after: 0, follow: true });
  const lines = [
    "POST /v1/event.feed HTTP/1.1",
    `host: 127.0.0.1:${from.port}`,
    `origin: http://127.0.0.1:${from.port}`,
    `authorization: Bearer ${from.bearer}`,
    `content-length: ${body.length}`,
  ];
  let text = "";
  const socket = connect(from.port, "127.0.0.1", () => socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`));
  socket.on("data", (bytes) => (text += bytes.toString()));
  socket.on("error", () => undefined);
  return { text: () => text, socket, closed: new Promise((resolve) => socket.on("close", () => resolve())) };
}

describe("a session that is taken away", () => {
  test("loses its streams, its sockets and its bearer at once, and the others theirs not", async () => {
    const gone = await bed.enter();
    const [stream, other] = [follow(gone), follow(page)];
    const { socket, closed } = await openSocket(gone, "session.open");
    await until("both streams run", () => [stream, other].every(({ text }) => text().includes("daemon.started")));
    const revoked = await bed.run("sessions", "revoke", gone.session);
    expect([revoked.code, revoked.stderr]).toEqual([0, `Revoked: session ${gone.session} of ${gone.user}\n`]);
    await stream.closed;
    expect(await closed).toBe(1006);
    expect(socket.readyState).toBe(WebSocket.CLOSED);
    expect((await gone.post("/v1/instance.list")).status).toBe(401);
    expect((await post(gone.port, "/session/resume", { ticket: gone.resume })).status).toBe(401);
    expect((await page.post("/v1/instance.list")).status).toBe(200);
    await until("the other stream tells of it", () => other.text().includes('"window.revoked"'));
    other.socket.destroy();
    const event = (await bed.events()).findLast(({ type }) => type === "window.revoked");
    expect(event).toMatchObject({ data: { session: gone.session, user: gone.user }, by: { via: "unix" } });
  });

  test("is not found again", async () => {
    const { code, stderr } = await bed.run("sessions", "revoke", "00000000");
    expect([code, stderr]).toEqual([2, expect.stringContaining("[session-not-found]")]);
  });
});

test("once everybody is gone nobody listens any more, and who asks anew is let in anew", async () => {
  const { port, token } = await bed.open();
  expect((await bed.run("sessions", "revoke", "--all")).code).toBe(0);
  expect(await knock(port)).toBe("ECONNREFUSED");
  const again = await bed.enter();
  expect((await post(again.port, "/session", { token })).status).toBe(401);
  expect(await again.call("instance.list", {})).toEqual([]);
});

test.each(["stop", "kill"])(
  "a page outlives its daemon (%s), and gives its secrets to nobody who may have the port meanwhile",
  async (how) => {
    const mine = await bed.enter();
    const stream = follow(mine);
    await until("the stream runs", () => stream.text().includes("daemon.started"));
    await bed.end(how === "kill" ? "SIGKILL" : "SIGTERM");
    await stream.closed;
    await until("nobody listens", async () => (await knock(mine.port)) === "ECONNREFUSED");
    expect((await bed.run("list")).code).toBe(0);
    const hash = hashOfSecret(mine.bearer);
    const challenge = await post(mine.port, "/session/challenge", { session: mine.session, nonce: "n" });
    const { nonce, proof } = JSON.parse(challenge.text) as { nonce: string; proof: string };
    expect(proof).toBe(proofOf("daemon", hash, "n"));
    const back = await post(mine.port, "/session/return", { nonce, proof: proofOf("page", hash, nonce) });
    expect(back.status).toBe(200);
    const { bearer } = JSON.parse(back.text) as { bearer: string };
    const listed = await post(mine.port, "/v1/instance.list", {}, { authorization: `Bearer ${bearer}` });
    expect([listed.status, listed.text]).toEqual([200, "[]"]);
  },
  60_000,
);
