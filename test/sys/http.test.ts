/** The front door's patience: who does not ask is let go, who waits for an answer is not. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listenHttp } from "../../src/sys/http.ts";

const scratch = mkdtempSync(join(tmpdir(), "strata-http-"));
const path = join(scratch, "s");
const patienceMs = 500;
/** Longer than the patience, on any machine. */
const answerMs = 1_500;

const listening = await listenHttp(
  path,
  { mode: 0o600 },
  {
    request(request, response) {
      request.resume();
      request.on("error", () => {});
      request.on("end", () => setTimeout(() => response.end("done"), answerMs));
    },
    upgrade(_request, socket) {
      setTimeout(() => socket.end("upgraded"), answerMs);
    },
  },
  patienceMs,
);
afterAll(async () => {
  await listening.close();
  rmSync(scratch, { recursive: true });
});

/** Sends `head` and answers all that comes until the server closes the connection. */
const heard = (head: string): Promise<string> =>
  new Promise((resolve) => {
    let text = "";
    const socket = connect(path, () => socket.write(head));
    socket.on("data", (bytes) => (text += bytes.toString()));
    socket.on("close", () => resolve(text));
  });

test.each([
  ["no head", "P"],
  ["half a head", "POST /v1/x HTTP/1.1\r\nHost: a\r\n"],
  ["half a body", "POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"],
])("a connection with %s is closed", async (_what, head) => expect(await heard(head)).toBe(""), 60_000);

test("a slow answer is waited for, and an idle connection is closed behind it", async () => {
  const text = await heard("POST /v1/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  expect(text).toStartWith("HTTP/1.1 200 OK");
  expect(text).toContain("done");
}, 60_000);

test(
  "an upgraded connection has all the time it wants",
  async () =>
    expect(await heard("GET /v1/x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")).toBe("upgraded"),
  60_000,
);
