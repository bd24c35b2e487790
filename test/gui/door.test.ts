/** The window's door against a real browser: what it lets our page do, and what pages of others try. */
import { afterAll, beforeAll, expect } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { encodeFrame, encodeJson } from "../../src/api/bytes.ts";
import { type Entered, startWindowBed, until, type WindowBed } from "../daemon/window/bed.ts";
import { browserTest, executablePath, isThere, launch } from "./browser.ts";

const limitMs = 120_000;

let bed: WindowBed;
let session: Entered;
let browser: Browser | undefined;
let context: BrowserContext | undefined;
/** A page at another port of this host. */
let attacker: Bun.Server<undefined> | undefined;

beforeAll(async () => {
  if (!isThere) return;
  bed = await startWindowBed();
  session = await bed.enter();
  attacker = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("<!doctype html><title>attacker</title>", { headers: { "content-type": "text/html" } }),
  });
  browser = await launch("--host-resolver-rules=MAP evil.test 127.0.0.1");
}, limitMs);
afterAll(async () => {
  if (!isThere) return;
  await browser?.close();
  await attacker?.stop(true);
  await bed?.close();
}, limitMs);

const own = (): string => `http://127.0.0.1:${session.port}`;

async function newPage(): Promise<Page> {
  await context?.close();
  context = await browser?.newContext();
  if (!context) throw new Error("no browser");
  return context.newPage();
}

/** Runs statements in the page, with `given` as a constant; answers what they return. */
const inPage = (page: Page, statements: string, given: unknown = null): Promise<unknown> =>
  page.evaluate(`(async (given) => { ${statements} })(${JSON.stringify(given)})`);

/** What a script of a page gets of a request: a status, `opaque`, or that it failed. */
const attempt = (page: Page, url: string, options: unknown): Promise<unknown> =>
  inPage(
    page,
    `const { url, options } = given;
     return fetch(url, options).then((answer) => (answer.type === "opaque" ? "opaque" : answer.status), () => "failed");`,
    { url, options },
  );

/** Answers `open`, or `closed` for one that never was. */
const attemptSocket = (page: Page, url: string, protocols: string[]): Promise<unknown> =>
  inPage(
    page,
    `const socket = new WebSocket(given.url, given.protocols);
     return new Promise((resolve) => { socket.onopen = () => resolve("open"); socket.onclose = () => resolve("closed"); });`,
    { url, protocols },
  );

const signedIn = (id: string): Promise<void> =>
  until("the page has signed in", async () =>
    (await session.call("window.sessions", {})).sessions.some((each) => each.id === id),
  );
const refusals = async (): Promise<number> => (await session.call("window.sessions", {})).refusals;
const bearer = () => ({ authorization: `Bearer ${session.bearer}` });
const ticket = async (): Promise<string> =>
  (JSON.parse((await session.post("/session/ticket")).text) as { ticket: string }).ticket;

browserTest(
  "the address signs in, and the token is gone from it, from the history, from every store",
  async () => {
    const { port, token, session: id } = await bed.open();
    const page = await newPage();
    await page.goto(`http://127.0.0.1:${port}/#token=${token}`);
    await signedIn(id);
    await until("the address is clean", () => !page.url().includes("token"));
    const stores = "return JSON.stringify([{ ...localStorage }, document.cookie, document.documentElement.outerHTML]);";
    expect(await inPage(page, stores)).not.toContain(token);
    // Nothing that is as long as a secret stays beyond the tab.
    const lasting = "return JSON.stringify({ ...localStorage }) + document.cookie;";
    expect(await inPage(page, lasting)).not.toMatch(/[\w-]{43}/);
    await page.goBack().catch(() => undefined);
    expect(page.url()).not.toContain("token");
    // Whoever finds the address afterwards finds a dead token.
    await page.goto("about:blank");
    const before = await refusals();
    await page.goto(`http://127.0.0.1:${port}/#token=${token}`);
    await until("it is refused", async () => (await refusals()) > before);
  },
  limitMs,
);

/** What a desktop opens files with; `note` gets its pid. */
const opener = (note: string, profile: string): string =>
  `#!/bin/sh
echo $$ > ${note}
exec ${executablePath} --headless --no-sandbox --disable-dev-shm-usage --user-data-dir=${profile} --remote-debugging-port=0 "file://$1"
`;

browserTest(
  "strata gui opens it in the browser of the desktop, with no token among any process's arguments",
  async () => {
    const [bin, note] = [join(bed.directory, "bin"), join(bed.directory, "opener.pid")];
    mkdirSync(bin);
    writeFileSync(join(bin, "xdg-open"), opener(note, join(bed.directory, "profile")), { mode: 0o755 });
    const before = new Set((await session.call("window.sessions", {})).sessions.map(({ id }) => id));
    const ran = bed.runIn({ PATH: `${bin}:/usr/bin:/bin`, DISPLAY: ":7" }, "gui");
    try {
      await until("the opener runs", () => existsSync(note));
      const seen = readdirSync("/proc").filter((pid) => /^\d+$/.test(pid) && argumentsOf(pid).includes("#token="));
      expect(seen).toEqual([]);
      const { code, stdout, stderr } = await ran;
      expect([code, stdout, stderr]).toEqual([0, "", expect.stringContaining("Opened: the window, session ")]);
      const { sessions } = await session.call("window.sessions", {});
      expect(sessions.filter(({ id }) => !before.has(id))).toHaveLength(1);
      expect(readdirSync(bed.directory).filter((name) => name.endsWith(".html"))).toEqual([]);
    } finally {
      const pid = Number(readFileSync(note, "utf8"));
      process.kill(pid, "SIGTERM");
      await until("the browser is gone", () => !existsSync(`/proc/${pid}`) || argumentsOf(String(pid)) === "");
    }
  },
  limitMs,
);

/** Empty for a process that is gone. */
function argumentsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

browserTest(
  "a file that redirects, as strata gui makes it, opens the page",
  async () => {
    const { port, token, session: id } = await bed.open();
    const file = join(bed.directory, "redirect.html");
    const url = `http://127.0.0.1:${port}/#token=${token}`;
    writeFileSync(file, `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url=${url}">`);
    const page = await newPage();
    await page.goto(`file://${file}`);
    await signedIn(id);
  },
  limitMs,
);

browserTest(
  "the page breaks no rule of its policy, and the policy holds",
  async () => {
    const { port, token, session: id } = await bed.open();
    const page = await newPage();
    await page.addInitScript(
      `globalThis.violations = [];
       document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));`,
    );
    const failed: string[] = [];
    page.on("pageerror", (error) => failed.push(error.message));
    await page.goto(`http://127.0.0.1:${port}/#token=${token}`);
    await signedIn(id);
    expect([await inPage(page, "return violations;"), failed]).toEqual([[], []]);
    const tries = await inPage(
      page,
      `const tried = (work) => { try { work(); return "done"; } catch (error) { return error.name; } };
       const script = document.createElement("script");
       script.append("globalThis.isInlined = true");
       const image = new Image();
       const loaded = new Promise((resolve) => { image.onload = () => resolve("loaded"); image.onerror = () => resolve("refused"); });
       image.src = given;
       return [
         tried(() => { document.body.innerHTML = "<b>markup</b>"; }),
         await new Promise((resolve) => setTimeout(() => resolve(tried(() => eval("1"))))),
         tried(() => document.head.append(script)),
         globalThis.isInlined === undefined,
         await loaded,
       ];`,
      `http://127.0.0.1:${attacker?.port}/x.png`,
    );
    expect(tries).toEqual(["TypeError", "EvalError", expect.any(String), true, "refused"]);
  },
  limitMs,
);

browserTest(
  "a name that somebody's DNS turned here shows nothing, and reaches nothing",
  async () => {
    const page = await newPage();
    const answer = await page.goto(`http://evil.test:${session.port}/`);
    expect([answer?.status(), await answer?.text()]).toEqual([421, expect.not.stringContaining("<script")]);
    expect(await attempt(page, "/", {})).toBe(421);
    const call = { method: "POST", headers: bearer(), body: "{}" };
    expect(await attempt(page, "/v1/instance.list", call)).toBe(421);
    expect(await attempt(page, "/session", { method: "POST", body: "{}" })).toBe(421);
    const url = `ws://evil.test:${session.port}/v1/session.open`;
    expect(await attemptSocket(page, url, ["strata.frames.v1", `ticket.${await ticket()}`])).toBe("closed");
  },
  limitMs,
);

/** Even one that has found the bearer out. */
browserTest(
  "a page at another port of this host gets nothing, and does nothing",
  async () => {
    const page = await newPage();
    await page.goto(`http://127.0.0.1:${attacker?.port}/`);
    const key = "images.keep";
    const change = JSON.stringify({ command: Bun.randomUUIDv7(), key, value: "77d" });
    const call = { method: "POST", headers: bearer(), body: "{}" };
    expect(await attempt(page, `${own()}/`, {})).toBe("failed");
    expect(await attempt(page, `${own()}/v1/instance.list`, call)).toBe("failed");
    expect(await attempt(page, `${own()}/`, { mode: "no-cors" })).toBe("failed");
    expect(await attempt(page, `${own()}/metrics`, { mode: "no-cors" })).toBe("failed");
    const before = await refusals();
    await attempt(page, `${own()}/v1/settings.set`, { method: "POST", mode: "no-cors", body: change });
    expect(await refusals()).toBeGreaterThan(before);
    const [setting] = await session.call("settings.list", { key });
    expect(setting?.value).not.toBe("77d");
    const url = `ws://127.0.0.1:${session.port}/v1/session.open`;
    expect(await attemptSocket(page, url, ["strata.frames.v1", `ticket.${await ticket()}`])).toBe("closed");
  },
  limitMs,
);

browserTest(
  "a page at another port shows ours in no frame, and runs none of its scripts",
  async () => {
    const page = await newPage();
    await page.goto(`http://127.0.0.1:${attacker?.port}/`);
    const shown = await inPage(
      page,
      `const frame = document.createElement("iframe");
       frame.src = given;
       const loaded = new Promise((resolve) => (frame.onload = resolve));
       document.body.append(frame);
       await loaded;
       return frame.contentDocument === null;`,
      `${own()}/`,
    );
    expect(shown).toBe(true);
    const [, inner] = page.frames();
    expect(inner?.url()).toStartWith("chrome-error:");
    const script = /src="([^"]+)"/.exec(await (await fetch(`${own()}/`)).text())?.[1] ?? "";
    expect(script).not.toBe("");
    const run = await inPage(
      page,
      `const script = document.createElement("script");
       script.src = given;
       return new Promise((resolve) => { script.onload = () => resolve("ran"); script.onerror = () => resolve("refused"); document.head.append(script); });`,
      `${own()}${script}`,
    );
    expect(run).toBe("refused");
  },
  limitMs,
);

browserTest(
  "our page calls, streams and opens sockets; once the session is taken away all of that ends",
  async () => {
    const mine = await bed.enter();
    const page = await newPage();
    await page.goto(`${own()}/`);
    const frame = encodeFrame("open", encodeJson({ instance: "none", command: Bun.randomUUIDv7(), environment: {} }));
    const answers = await inPage(
      page,
      `const headers = { authorization: "Bearer " + given.bearer, "content-type": "application/json" };
       const post = (path, body) => fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
       const open = async () => {
         const { ticket } = await (await post("/session/ticket", {})).json();
         const socket = new WebSocket("ws://" + location.host + "/v1/session.open", ["strata.frames.v1", "ticket." + ticket]);
         socket.binaryType = "arraybuffer";
         await new Promise((resolve, reject) => { socket.onopen = resolve; socket.onerror = reject; });
         return socket;
       };
       const socket = await open();
       const codes = [];
       socket.onmessage = ({ data }) => codes.push(new Uint8Array(data)[0]);
       const closed = new Promise((resolve) => (socket.onclose = ({ code }) => resolve(code)));
       socket.send(new Uint8Array(given.frame));
       const code = await closed;
       globalThis.idle = await open();
       const stream = await post("/v1/event.feed", { after: 0, follow: true });
       globalThis.reader = stream.body.getReader();
       const { value } = await reader.read();
       return [(await post("/v1/instance.list", {})).status, code, codes, socket.protocol, value.length > 0];`,
      { bearer: mine.bearer, frame: [...frame] },
    );
    expect(answers).toEqual([200, 1000, [11], "strata.frames.v1", true]);
    const ends = inPage(
      page,
      `const socket = new Promise((resolve) => (idle.onclose = ({ code }) => resolve(code)));
       const stream = (async () => { for (;;) { const { done } = await reader.read(); if (done) return "done"; } })();
       return [await socket, await stream.catch(() => "cut")];`,
    );
    expect((await bed.run("sessions", "revoke", mine.session)).code).toBe(0);
    expect(await ends).toEqual([1006, "cut"]);
    expect(
      await attempt(page, "/v1/instance.list", {
        method: "POST",
        headers: { authorization: `Bearer ${mine.bearer}` },
        body: "{}",
      }),
    ).toBe(401);
  },
  limitMs,
);

browserTest(
  "our page knows the next daemon by its proof, and comes back by its own",
  async () => {
    const mine = await bed.enter();
    const page = await newPage();
    await page.goto(`${own()}/`);
    await bed.end("SIGKILL");
    expect((await bed.run("list")).code).toBe(0);
    const came = await inPage(
      page,
      `const bytes = (text) => new TextEncoder().encode(text);
       const post = async (path, body) => (await fetch(path, { method: "POST", body: JSON.stringify(body) })).json();
       const hash = await crypto.subtle.digest("SHA-256", bytes(given.bearer));
       const key = await crypto.subtle.importKey("raw", hash, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
       const proof = async (text) =>
         new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(text))).toBase64({ alphabet: "base64url", omitPadding: true });
       const challenge = await post("/session/challenge", { session: given.session, nonce: "mine" });
       const grant = await post("/session/return", { nonce: challenge.nonce, proof: await proof("page " + challenge.nonce) });
       return [challenge.proof === (await proof("daemon mine")), grant.session];`,
      { bearer: mine.bearer, session: mine.session },
    );
    expect(came).toEqual([true, mine.session]);
  },
  limitMs,
);
