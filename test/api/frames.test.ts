/** Opening a framed stream: asked for at once, and once more after a greeting where the daemon is not ready for that. */
import { afterAll, afterEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiClient } from "../../src/api/client.ts";
import { openFrames } from "../../src/api/frames.ts";
import { greetedHeader, greetingNeededCode } from "../../src/api/protocol.ts";
import { toWire } from "../../src/api/wire.ts";
import { UserError } from "../../src/errors.ts";

const directory = mkdtempSync(join(tmpdir(), "strata-frames-"));
const socket = join(directory, "s.sock");
let stop = () => {};
afterEach(() => stop());
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const open = { command: "0199d2a0-0000-7000-8000-000000000001", instance: "web", words: ["true"], environment: {} };
const switched = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
function refusal(code: string): string {
  const body = JSON.stringify(toWire(new UserError(code, "not now")));
  return `HTTP/1.1 409 Refused\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

/** A daemon of raw bytes; undefined hangs up. Answers the heads of the requests that came. */
function startDaemon(answer: (count: number) => string | undefined): string[] {
  const heads: string[] = [];
  const server = Bun.listen({
    unix: socket,
    socket: {
      data(connection, data) {
        heads.push(data.toString());
        const said = answer(heads.length);
        if (said === undefined) connection.end();
        else connection.write(said);
      },
    },
  });
  stop = () => {
    server.stop(true);
    rmSync(socket, { force: true });
  };
  return heads;
}

/** A client that only knows how to greet. */
function client(ready: () => void = () => {}) {
  let greetings = 0;
  const api = {
    target: { socket, origin: "home" },
    trust: () => {},
    ready: async () => {
      greetings += 1;
      ready();
    },
  } as unknown as ApiClient;
  return { api, greetings: () => greetings };
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "no error",
    (error: unknown) => (error instanceof UserError ? error.code : String(error)),
  );

test("a daemon that is ready is not greeted", async () => {
  const heads = startDaemon(() => switched);
  const { api, greetings } = client();
  (await openFrames(api, "0.1.0", "session.open", open)).destroy();
  expect({ heads: heads.length, greetings: greetings() }).toEqual({ heads: 1, greetings: 0 });
  expect(heads[0]).not.toContain(greetedHeader);
  // What is wanted comes with the request, so that no round trip is lost.
  expect(heads[0]).toContain('"words":["true"]');
});

test.each([
  ["wants a greeting", refusal(greetingNeededCode)],
  ["goes away in the middle", undefined],
])("one that %s is greeted and asked once more", async (_what, first) => {
  const heads = startDaemon((count) => (count === 1 ? first : switched));
  const { api, greetings } = client();
  (await openFrames(api, "0.1.0", "session.open", open)).destroy();
  expect({ heads: heads.length, greetings: greetings() }).toEqual({ heads: 2, greetings: 1 });
  expect(heads[1]).toContain(`${greetedHeader}: yes`);
});

test("one that is not there is started by the greeting", async () => {
  const { api, greetings } = client(() => startDaemon(() => switched));
  (await openFrames(api, "0.1.0", "session.open", open)).destroy();
  expect(greetings()).toBe(1);
});

test("any other refusal is what it is, and so is a second one", async () => {
  startDaemon(() => refusal("access-refused"));
  const { api, greetings } = client();
  expect(await codeOf(openFrames(api, "0.1.0", "session.open", open))).toBe("access-refused");
  expect(greetings()).toBe(0);
  stop();
  startDaemon(() => refusal(greetingNeededCode));
  expect(await codeOf(openFrames(api, "0.1.0", "session.open", open))).toBe(greetingNeededCode);
});
