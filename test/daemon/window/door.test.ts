/** The window's door, asked in raw HTTP at a real daemon: each line of what is let in and what is not. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  ask,
  type Entered,
  heard,
  type Headers,
  parseAnswer,
  post,
  startWindowBed,
  until,
  type WindowBed,
} from "./bed.ts";

let bed: WindowBed;
let page: Entered;
beforeAll(async () => {
  bed = await startWindowBed();
  page = await bed.enter();
}, 60_000);
afterAll(() => bed.close());

const policy =
  "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const guards = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "x-frame-options": "DENY",
};
const bearer = (): Headers => ({ authorization: `Bearer ${page.bearer}` });
const own = (): string => `http://127.0.0.1:${page.port}`;

describe("the page", () => {
  test("is for everybody on this host, with every header that guards it, and never kept", async () => {
    const { status, headers, text } = await ask(page.port, "GET /");
    expect([status, headers]).toEqual([200, expect.objectContaining({ ...guards, "cache-control": "no-store" })]);
    expect(headers["content-type"]).toBe("text/html;charset=utf-8");
    expect(text).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style=/i);
  });

  test("its files have their hash in the name, are kept for good, and nothing comes from elsewhere", async () => {
    const { text } = await ask(page.port, "GET /");
    const files = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const path of files) {
      expect(path).toMatch(/^\/[\w.-]+-[0-9a-z]{8}\.(js|css|svg)$/);
      const { status, headers } = await ask(page.port, `GET ${path}`);
      expect([status, headers]).toEqual([200, expect.objectContaining(guards)]);
      expect(headers["cache-control"]).toContain("immutable");
      const head = await ask(page.port, `HEAD ${path}`);
      expect([head.status, head.headers["content-length"], head.text]).toEqual([200, headers["content-length"], ""]);
    }
  });

  test("other paths hold nothing, whatever they are made of", async () => {
    for (const path of [
      "/favicon.ico",
      "/../package.json",
      "/%2e%2e/package.json",
      "/chunk-00000000.js",
      "//etc/passwd",
    ])
      expect((await ask(page.port, `GET ${path}`)).code).toBe("path-not-found");
  });
});

describe("a token", () => {
  test("gives a bearer, once", async () => {
    const { port, token } = await bed.open();
    const first = await post(port, "/session", { token });
    expect([first.status, first.headers]).toEqual([
      200,
      expect.objectContaining({ ...guards, "cache-control": "no-store", "content-type": "application/json" }),
    ]);
    const grant = JSON.parse(first.text) as Record<string, string>;
    expect(Object.keys(grant).sort()).toEqual(["bearer", "expires", "position", "resume", "session", "user"]);
    expect(grant["bearer"]).toMatch(/^[\w-]{43}$/);
    const again = await post(port, "/session", { token });
    expect([again.status, again.code]).toEqual([401, "token-refused"]);
  });

  test.each<[string, unknown]>([
    ["a guess", { token: "A".repeat(43) }],
    ["nothing", {}],
    ["a number", { token: 7 }],
    ["a text without end", { token: "A".repeat(5_000) }],
    ["no object", "token"],
  ])("%s is refused", async (_what, body) => {
    const { status, code } = await post(page.port, "/session", body);
    expect([status, code]).toEqual([401, "token-refused"]);
  });

  test("each window has its own", async () => {
    const [first, second] = [await bed.open(), await bed.open()];
    expect([first.port, first.token === second.token]).toEqual([second.port, false]);
    for (const { port, token } of [second, first]) expect((await post(port, "/session", { token })).status).toBe(200);
  });
});

describe("the API behind it", () => {
  test("answers as on the unix socket", async () => {
    expect(await page.call("instance.list", {})).toEqual([]);
    const refused = await page.post("/v1/instance.start", { command: crypto.randomUUID(), instance: "web" });
    expect([refused.status, refused.code]).toEqual([400, "request-invalid"]);
    expect((await page.post("/v1/no.such")).code).toBe("call-unknown");
    const { status, text } = await ask(page.port, "GET /v1/openapi.json", bearer());
    expect([status, (JSON.parse(text) as { openapi: string }).openapi]).toEqual([
      200,
      expect.stringMatching(/^3\.1\./),
    ]);
  });

  test("streams", async () => {
    const { status, headers, text } = await page.post("/v1/event.feed", { after: 0, follow: false });
    expect([status, headers["content-type"]]).toEqual([200, "application/x-ndjson"]);
    expect(text.trim().split("\n").length).toBeGreaterThan(2);
  });

  test("records who did it, and that it was through the window", async () => {
    await page.call("settings.set", { command: Bun.randomUUIDv7(), key: "images.keep", value: "15d" });
    const event = (await bed.events()).findLast(({ type }) => type === "settings.changed");
    expect(event?.["by"]).toMatchObject({ kind: "user", via: "gui", session: page.session, name: page.user });
    expect(Object.keys(event?.["by"] as object)).not.toContain("pid");
  });

  test.each<[string, () => Headers]>([
    ["no bearer", () => ({})],
    ["a guess", () => ({ authorization: `Bearer ${"A".repeat(43)}` })],
    ["half a bearer", () => ({ authorization: `Bearer ${page.bearer.slice(0, 20)}` })],
    ["the ticket for later", () => ({ authorization: `Bearer ${page.resume}` })],
    ["another scheme", () => ({ authorization: `Basic ${page.bearer}` })],
    ["a cookie", () => ({ cookie: `bearer=${page.bearer}` })],
  ])("%s is refused", async (_what, headers) => {
    for (const path of ["/v1/instance.list", "/v1/no.such", "/session/ticket"]) {
      const { status, code } = await post(page.port, path, {}, headers());
      expect([status, code]).toEqual([401, "session-needed"]);
    }
    expect((await ask(page.port, "GET /metrics", headers())).status).toBe(401);
  });

  test("a bearer in the address is none", async () =>
    expect((await post(page.port, `/v1/instance.list?bearer=${page.bearer}`)).status).toBe(401));

  test("opens no other window", async () => expect((await page.post("/v1/window.open")).code).toBe("window-inside"));
});

/** Each with a bearer that is right: none of them gets as far as that. */
describe("refused before anything is looked at", () => {
  test.each<[string, string, () => Headers, number]>([
    ["another name", "GET /", () => ({ host: "evil.test" }), 421],
    ["another name with our port", "GET /", () => ({ host: `evil.test:${page.port}` }), 421],
    [
      "another name, for the API",
      "POST /v1/instance.list",
      () => ({ host: `evil.test:${page.port}`, origin: own() }),
      421,
    ],
    ["no origin", "POST /v1/instance.list", () => ({}), 403],
    ["the origin null", "POST /v1/instance.list", () => ({ origin: "null" }), 403],
    ["another port's page", "POST /v1/instance.list", () => ({ origin: "http://127.0.0.1:1" }), 403],
    ["a token without an origin", "POST /session", () => ({}), 403],
    ["leaving without an origin", "DELETE /session", () => ({}), 403],
    ["a get for another site", "GET /metrics", () => ({ "sec-fetch-site": "cross-site" }), 403],
    ["a file for another site", "GET /", () => ({ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }), 403],
    ["a get for another port", "GET /v1/openapi.json", () => ({ "sec-fetch-site": "same-site" }), 403],
    ["preflight", "OPTIONS /v1/instance.list", () => ({ origin: "http://evil.test" }), 403],
  ])("%s: %s", async (_what, line, headers, status) => {
    const answer = await ask(page.port, line, { ...bearer(), ...headers() }, line.startsWith("POST") ? {} : undefined);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(guards);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  test("a link out of a file or another page opens the page", async () => {
    const headers = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
    expect((await ask(page.port, "GET /", headers)).status).toBe(200);
    expect((await ask(page.port, "GET /", { ...headers, "sec-fetch-dest": "iframe" })).status).toBe(403);
  });
});

describe("a session", () => {
  test("goes on in the page's next life, and the one before is over", async () => {
    const first = await bed.enter();
    const { status, text } = await post(first.port, "/session/resume", { ticket: first.resume });
    expect(status).toBe(200);
    const second = JSON.parse(text) as Entered;
    expect((await first.post("/v1/instance.list")).status).toBe(401);
    const authorization = `Bearer ${second.bearer}`;
    expect((await post(first.port, "/v1/instance.list", {}, { authorization })).status).toBe(200);
    const again = await post(first.port, "/session/resume", { ticket: first.resume });
    expect([again.status, again.code]).toEqual([401, "ticket-refused"]);
  });

  test("ends when its page leaves", async () => {
    const leaving = await bed.enter();
    const headers = { origin: own(), authorization: `Bearer ${leaving.bearer}` };
    expect((await ask(leaving.port, "DELETE /session", headers)).status).toBe(200);
    expect((await leaving.post("/v1/instance.list")).status).toBe(401);
    await until("its end is recorded", async () =>
      (await bed.events()).some(
        ({ type, data }) => type === "window.ended" && (data as { session: string }).session === leaving.session,
      ),
    );
  });

  test("is listed with whose it is and what asked for it, and without a secret", async () => {
    const { code, stdout } = await bed.run("sessions", "--json");
    expect(code).toBe(0);
    const found = (JSON.parse(stdout) as { sessions: Record<string, unknown>[] }).sessions;
    const listed = found.find(({ id }) => id === page.session);
    expect(listed).toEqual({
      id: page.session,
      user: page.user,
      kind: "page",
      since: expect.any(String),
      used: expect.any(String),
      program: process.execPath,
    });
  });
});

describe("what no browser sends", () => {
  const large = "a".repeat(3_000_000);
  const lines = (first: string, ...more: string[]) => [first, `host: 127.0.0.1:${page.port}`, ...more].join("\r\n");
  const origin = () => `origin: ${own()}`;

  test.each<[string, () => string, number]>([
    ["bytes that are no HTTP", () => "GARBAGE\r\n\r\n", 400],
    ["a greeting of TLS", () => `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${"\x00".repeat(100)}`, 400],
    ["more headers than there may be", () => `${lines("GET / HTTP/1.1")}\r\n${"x: a\r\n".repeat(5_000)}\r\n`, 431],
    ["a request without a host", () => "GET / HTTP/1.0\r\n\r\n", 421],
    ["two hosts", () => `${lines("GET / HTTP/1.1", "host: evil.test", "connection: close")}\r\n\r\n`, 421],
    [
      "two origins",
      () => `${lines("POST /session HTTP/1.1", origin(), "origin: http://evil.test", "content-length: 2")}\r\n\r\n{}`,
      403,
    ],
    [
      "two lengths",
      () =>
        `${lines("POST /session HTTP/1.1", origin(), "content-length: 6", "transfer-encoding: chunked")}\r\n\r\n0\r\n\r\nX`,
      400,
    ],
    [
      "another protocol",
      () => `${lines("GET / HTTP/1.1", "connection: upgrade", "upgrade: h2c", origin())}\r\n\r\n`,
      401,
    ],
    [
      "a body that is too large",
      () => `${lines("POST /session HTTP/1.1", origin(), "content-length: 3000000")}\r\n\r\n${large}`,
      401,
    ],
    [
      "a large body from elsewhere",
      () => `${lines("POST /session HTTP/1.1", "content-length: 3000000")}\r\n\r\n${large}`,
      403,
    ],
  ])("%s", async (_what, sent, status) => expect(parseAnswer(await heard(page.port, sent())).status).toBe(status));

  test("and the daemon is well after all that", async () => {
    expect(await page.call("instance.list", {})).toEqual([]);
    expect(bed.reports()).toEqual([]);
  });
});

test("what is refused is counted, recorded in words of ours, and not more often than may be", async () => {
  const { refusals: before } = await page.call("window.sessions", {});
  for (let count = 0; count < 120; count++) await ask(page.port, "GET /", { host: "evil.test" });
  const { refusals } = await page.call("window.sessions", {});
  expect(refusals).toBe(before + 120);
  const recorded = (await bed.events()).filter(({ type }) => type === "access.refused");
  expect(recorded.length).toBe(100);
  expect(recorded[0]?.["data"]).toEqual({ call: expect.any(String), why: expect.any(String) });
  expect(JSON.stringify(recorded)).not.toContain("evil");
}, 60_000);

test("no secret is in anything that the daemon wrote", async () => {
  const { token } = await bed.open();
  const written = await bed.written();
  expect(written).toContain("window.opened");
  for (const secret of [page.bearer, page.resume, token]) expect(written).not.toContain(secret);
});
