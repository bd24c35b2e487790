/** The real daemon under bad input: refused with a code, nothing recorded, nothing unexpected in its log, its memory bounded. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { encodeFrame, encodeJson } from "../../src/api/bytes.ts";
import { bodyBytesMax, framesProtocol, versionHeader } from "../../src/api/protocol.ts";
import { type FireBed, growthBytesMax, startFireBed } from "./fire-bed.ts";

let bed: FireBed;
const run: FireBed["run"] = (...argv) => bed.run(...argv);
const post: FireBed["post"] = (call, body) => bed.post(call, body);
const positionNow = () => bed.positionNow();
const expectUnmoved = async (position: number) => expect(await bed.moved(position)).toBeUndefined();

beforeAll(async () => {
  bed = await startFireBed();
}, 60_000);
afterAll(() => bed.close(), 30_000);

const uuid7 = () => Bun.randomUUIDv7();

describe("control characters and option-like text", () => {
  const bad = [
    "a\u0000b",
    "a\nb",
    "\u001b[31mred",
    "--force",
    "-h",
    "a b",
    "../x",
    "a/b",
    "\u202eab",
    "__proto__",
    "a,id=b",
  ];
  test.each(bad)("as a name: %j is refused", async (text) => {
    const before = await positionNow();
    const launch = { command: uuid7(), name: text, image: { name: "tiny" } };
    expect(await post("instance.launch", JSON.stringify(launch))).toMatchObject({ status: 400, code: "name-invalid" });
    const key = { command: uuid7(), key: text, value: "x" };
    expect((await post("settings.set", JSON.stringify(key))).status).toBeGreaterThanOrEqual(400);
    for (const call of [
      "instance.start",
      "instance.suspend",
      "instance.recover",
      "instance.purge",
      "instance.explain",
    ]) {
      const { status: answered } = await post(call, JSON.stringify({ command: uuid7(), instance: text }));
      expect(answered).toBe(404);
    }
    const value = { command: uuid7(), key: "driver.accelerator", value: text };
    expect((await post("settings.set", JSON.stringify(value))).status).toBe(400);
    await expectUnmoved(before);
  });

  test("in an error are shown harmlessly", async () => {
    const ran = await run("info", "\u001b[2Jweb");
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).not.toContain("\u001b[2J");
  });

  test("in a reason are recorded as they are and shown harmlessly", async () => {
    const reason = "\u001b[2J\u0007 because\nof --force";
    const set = { command: uuid7(), reason, key: "driver.accelerator", value: "tcg" };
    expect(await post("settings.set", JSON.stringify(set))).toMatchObject({ status: 200 });
    for (const words of [["history"], ["show", "1"], ["list"]]) {
      const { stdout, stderr } = await run(...words);
      expect(stdout + stderr).not.toContain("\u001b[2J");
      expect(stdout + stderr).not.toContain("\u0007");
    }
  });
});

test("a body above the limit is refused before it is held, the largest of them too", async () => {
  const before = await positionNow();
  const bytesBefore = bed.residentBytes();
  for (const bytes of [bodyBytesMax + 1, 64 << 20]) {
    const answer = await post("instance.list", new Uint8Array(bytes).fill(0x20)).catch(() => undefined);
    // The connection may be cut while the client still sends.
    if (answer !== undefined) expect(answer).toEqual({ status: 400, code: "request-too-large" });
  }
  await expectUnmoved(before);
  expect(bed.residentBytes() - bytesBefore).toBeLessThan(growthBytesMax);
}, 60_000);

/** Sends bytes on a connection of its own; what came back when the other end closed, or `limitMs` later. */
function raw(bytes: string | Uint8Array, limitMs = 20_000): Promise<{ text: string; peer: Socket; isClosed: boolean }> {
  return new Promise((resolve) => {
    const peer = connect(bed.socket);
    const parts: Buffer[] = [];
    let isClosed = false;
    const done = () => resolve({ text: Buffer.concat(parts).toString("latin1"), peer, isClosed });
    const timer = setTimeout(done, limitMs);
    peer.on("data", (part) => parts.push(part));
    peer.on("error", () => {});
    peer.on("close", () => {
      isClosed = true;
      clearTimeout(timer);
      done();
    });
    peer.write(bytes);
  });
}

describe("connections", () => {
  test("that are no HTTP, or stop in the middle, change nothing for others", async () => {
    const before = await positionNow();
    const starts = [
      "GET",
      "POST /v1/instance.list HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{",
      "\u0000\u0001\u0002\r\n\r\n",
      "\r\n".repeat(2_000),
      `GET /${"x".repeat(100_000)}`,
      `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(5_000)}`,
      "POST /v1/instance.list HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nzz\r\n",
    ];
    const open = await Promise.all(Array.from({ length: 70 }, (_, at) => raw(starts[at % starts.length] ?? "", 500)));
    await expectUnmoved(before);
    for (const { text } of open) expect(text).not.toMatch(/^HTTP\/1.1 (2|5)\d\d/);
    for (const { peer } of open) peer.destroy();
    await expectUnmoved(before);
  }, 60_000);

  const upgrade = (name: string, protocol: string, rest: Uint8Array | string = "", version = "0.1.0") =>
    Buffer.concat([
      Buffer.from(
        `GET /v1/${name} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n${versionHeader}: ${version}\r\n\r\n`,
      ),
      Buffer.from(rest as string),
    ]);

  test.each([
    ["to another protocol", upgrade("session.open", "websocket"), "upgrade-invalid"],
    ["of a call that has none", upgrade("instance.list", framesProtocol), "upgrade-invalid"],
    ["of a call that does not exist", upgrade("session.shut", framesProtocol), "call-unknown"],
    ["of the prototype", upgrade("__proto__", framesProtocol), "call-unknown"],
    ["by another version without a greeting", upgrade("session.open", framesProtocol, "", "9.9"), "greeting-needed"],
  ])("an upgrade %s is refused", async (_what, bytes, code) => {
    const before = await positionNow();
    const { text, peer } = await raw(bytes);
    expect(text).toMatch(/^HTTP\/1.1 4\d\d |^HTTP\/1.1 5\d\d /);
    expect(text).toContain(`"${code}"`);
    peer.destroy();
    await expectUnmoved(before);
  });

  const openFrame = (value: unknown) => encodeFrame("open", encodeJson(value));
  const session = { command: uuid7(), instance: "nobody", environment: {} };
  test.each([
    ["noise", Buffer.from("\u00ff\u00fe\u0000\u0001 noise".repeat(50), "latin1")],
    ["a length of 4 GiB", Buffer.from([255, 255, 255, 255, 255, 255, 255, 255, 1])],
    ["an unknown kind", Buffer.from([0, 0, 0, 1, 250, 1])],
    ["nothing, and the end", Buffer.alloc(0)],
    ["an open frame that is no JSON", encodeFrame("open", Buffer.from("{{{"))],
    ["an open frame of another shape", openFrame({ a: 1 })],
    ["an instance that does not exist", openFrame(session)],
    ["an option as the instance", openFrame({ ...session, instance: "--force" })],
    ["a session without its command", openFrame({ ...session, command: "x" })],
    ["half an open frame", openFrame(session).subarray(0, 20)],
    ["an upload of a negative size", openFrame({ command: uuid7(), name: "x", bytes: -1 })],
  ])("frames that begin with %s end the connection, and nothing else", async (_what, bytes) => {
    const before = await positionNow();
    for (const name of ["session.open", "image.upload"]) {
      const { peer } = await raw(upgrade(name, framesProtocol, bytes), 300);
      peer.destroy();
    }
    await expectUnmoved(before);
  });
});
