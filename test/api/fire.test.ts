/** The real daemon under bad input: refused with a code, nothing recorded, nothing unexpected in its log, its memory bounded. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeFrame, encodeJson } from "../../src/api/bytes.ts";
import { bodyBytesMax, framesProtocol, versionHeader } from "../../src/api/protocol.ts";
import type { DaemonStatus } from "../../src/model/view.ts";
import { startCli } from "../commands/stand-in.ts";
import { seededRandom } from "../simulation/random.ts";
import { madeUpRequest } from "./requests.ts";

/** The full run: `STRATA_REQUESTS=100000 bun test fire`. */
const requests = Number(process.env["STRATA_REQUESTS"] ?? 2_000);
const seed = Number(process.env["STRATA_SEED"] ?? 1);
/** Well-formed, these would end the daemon, try KVM, or ask image hosts. */
const notAsked = /^(daemon\.(stop|doctor)|image\.(find|trust)|instance\.launch)$/;
const growthBytesMax = 256 << 20;
const atOnce = 8;

const scratch = mkdtempSync(join(tmpdir(), "strata-fire-"));
const home = join(scratch, "data");
const run = (...argv: string[]) =>
  startCli(argv, { STRATA_HOME: home, XDG_RUNTIME_DIR: scratch, XDG_CONFIG_HOME: scratch }).result();
const status = async () =>
  JSON.parse((await run("daemon", "status", "--json")).stdout) as DaemonStatus & { schema: number };
let socket: string;
let pid: number;

beforeAll(async () => {
  expect(await run("list")).toMatchObject({ code: 0 });
  ({ socket, pid } = await status());
}, 30_000);
afterAll(async () => {
  await run("daemon", "stop");
  rmSync(scratch, { recursive: true, force: true });
}, 30_000);

const residentBytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
const positionNow = async () => (await status()).log.position;
/** Lines that the daemon wrote beyond those of its start. */
const reported = () =>
  readFileSync(join(home, "daemon.log"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !/ready at |stopping: /.test(line));

async function post(call: string, body: string | Uint8Array): Promise<{ status: number; code: string | undefined }> {
  const response = await fetch(`http://strata/v1/${call}`, {
    unix: socket,
    method: "POST",
    body: body as string,
    signal: AbortSignal.timeout(20_000),
  });
  const text = await response.text();
  const code = response.ok ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code;
  return { status: response.status, code };
}

/** The same daemon answers, has recorded nothing and reported nothing. */
async function expectUnmoved(position: number): Promise<void> {
  const now = await status();
  expect({ pid: now.pid, position: now.log.position, reported: reported() }).toEqual({ pid, position, reported: [] });
}

test(
  `${requests} made-up requests, seed ${seed}`,
  async () => {
    const random = seededRandom(seed);
    const before = await positionNow();
    const bytesBefore = residentBytes();
    const counts = { refused: 0, taken: 0 };
    const worker = async () => {
      while (counts.refused + counts.taken < requests) {
        const made = madeUpRequest(random);
        if (made.isValid && (notAsked.test(made.call) || made.isEndless)) continue;
        const { status: answered, code } = await post(made.call, made.body).catch((cause: unknown) => {
          throw new Error(`${made.call} ${made.body.slice(0, 2_000)}`, { cause });
        });
        if (!made.isValid || answered !== 200) {
          counts.refused++;
          const isTold = answered >= 400 && code !== "internal" && /^[a-z]+(-[a-z]+)*$/.test(code ?? "");
          if (!isTold) throw new Error(`${answered} ${code} for ${made.call} ${made.body.slice(0, 2_000)}`);
        } else counts.taken++;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    expect(counts.refused).toBeGreaterThan(requests / 2);
    expect(counts.taken).toBeGreaterThan(0);
    await expectUnmoved(before);
    expect(residentBytes() - bytesBefore).toBeLessThan(growthBytesMax);
  },
  60_000 + requests * 20,
);

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
  const bytesBefore = residentBytes();
  for (const bytes of [bodyBytesMax + 1, 64 << 20]) {
    const answer = await post("instance.list", new Uint8Array(bytes).fill(0x20)).catch(() => undefined);
    // The connection may be cut while the client still sends.
    if (answer !== undefined) expect(answer).toEqual({ status: 400, code: "request-too-large" });
  }
  await expectUnmoved(before);
  expect(residentBytes() - bytesBefore).toBeLessThan(growthBytesMax);
}, 60_000);

/** Sends bytes on a connection of its own; what came back when the other end closed, or `limitMs` later. */
function raw(bytes: string | Uint8Array, limitMs = 3_000): Promise<{ text: string; peer: Socket; isClosed: boolean }> {
  return new Promise((resolve) => {
    const peer = connect(socket);
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
  }, 30_000);

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
