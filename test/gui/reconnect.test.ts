/** The daemon dies while the page is open: the page says so, knows the next one by its proof, and nothing that was typed is lost. */
import { afterAll, beforeAll, expect } from "bun:test";
import type { Browser, Page, Request as Asked } from "playwright-core";
import { startWindowBed, until, type WindowBed } from "../daemon/window/bed.ts";
import { browserTest, isThere, launch } from "./browser.ts";

const limitMs = 120_000;

let bed: WindowBed;
let browser: Browser | undefined;

beforeAll(async () => {
  if (!isThere) return;
  bed = await startWindowBed();
  browser = await launch();
}, limitMs);
afterAll(async () => {
  await browser?.close();
  if (isThere) await bed.close();
}, limitMs);

/** A page that is signed in and live, and what it asks for from then on. */
async function openPage(): Promise<{ page: Page; origin: string; port: number; asked: Asked[] }> {
  const { port, token } = await bed.open();
  const context = await browser?.newContext();
  if (!context) throw new Error("no browser");
  const page = await context.newPage();
  page.setDefaultTimeout(40_000);
  const origin = `http://127.0.0.1:${port}`;
  // The last one that goes out by itself: later than the daemon, it would reach whoever listens there then.
  const feed = page.waitForRequest((request) => request.url().endsWith("/v1/event.feed"));
  await page.goto(`${origin}/#token=${token}`);
  await page.waitForSelector(".connection.tone-ok");
  await feed;
  const asked: Asked[] = [];
  page.on("request", (request) => asked.push(request));
  return { page, origin, port, asked };
}

const nameField = "input[placeholder='made up']";
const pathOf = (request: Asked): string => new URL(request.url()).pathname;
const hasBearer = (request: Asked): boolean => request.headers()["authorization"] !== undefined;

/** Another program at the port. Threads of the killed daemon may have it for a moment more. */
async function impostorAt(
  port: number,
  answer: (request: Request) => Promise<Response>,
): Promise<Bun.Server<undefined>> {
  let server: Bun.Server<undefined> | undefined;
  await until("the port is free", () => {
    try {
      server = Bun.serve({ hostname: "127.0.0.1", port, fetch: answer });
      return true;
    } catch {
      return false;
    }
  });
  if (!server) throw new Error("no impostor");
  return server;
}

/** What somebody else does now comes over the feed. */
async function changesAreSeen(page: Page): Promise<void> {
  await page.evaluate("location.hash = '#/history'");
  await page.waitForSelector(".grid");
  expect(await page.locator(".grid-row:has-text('images.keep')").count()).toBe(0);
  expect((await bed.run("set", "images.keep=77d")).code).toBe(0);
  await page.waitForSelector(".grid-row:has-text('images.keep')");
}

browserTest(
  "after kill -9 the page says so, comes back with the next daemon by proofs, and keeps what was typed",
  async () => {
    const { page, asked } = await openPage();
    await page.fill(nameField, "typed-before");
    asked.length = 0;
    await bed.end("SIGKILL");
    await page.waitForSelector(".connection.tone-bad:has-text('reconnecting')");
    await page.waitForSelector(".notice:has-text('keeps what you typed')");
    await page.fill(nameField, "typed-meanwhile");
    expect((await bed.run("list")).code).toBe(0);
    await page.waitForSelector(".connection.tone-ok");
    expect(await page.inputValue(nameField)).toBe("typed-meanwhile");
    const proven = asked.findIndex((request) => pathOf(request) === "/session/return");
    expect(proven).toBeGreaterThan(0);
    expect(
      asked
        .slice(0, proven + 1)
        .filter(hasBearer)
        .map(pathOf),
    ).toEqual([]);
    expect(asked.slice(proven).some(hasBearer)).toBe(true);
    await changesAreSeen(page);
    // The page's next life has a ticket of the new daemon.
    await page.reload();
    await page.waitForSelector(".connection.tone-ok");
    await page.context().close();
  },
  limitMs,
);

browserTest(
  "a daemon that is stopped in good order is come back to in the same way",
  async () => {
    const { page, asked } = await openPage();
    asked.length = 0;
    await bed.end("SIGTERM");
    await page.waitForSelector(".connection.tone-bad");
    expect((await bed.run("list")).code).toBe(0);
    await page.waitForSelector(".connection.tone-ok");
    const proven = asked.findIndex((request) => pathOf(request) === "/session/return");
    expect(
      asked
        .slice(0, proven + 1)
        .filter(hasBearer)
        .map(pathOf),
    ).toEqual([]);
    expect(proven).toBeGreaterThan(0);
    await page.context().close();
  },
  limitMs,
);

browserTest(
  "another program at the daemon's port gets no secret of the page, whatever it answers",
  async () => {
    const { page, port } = await openPage();
    const secret = await page.evaluate("sessionStorage.getItem('strata.resume')");
    const heard: string[] = [];
    const answers = [
      () => new Response("hello"),
      () => new Response("no", { status: 404 }),
      () => Response.json({ bearer: "b", resume: "r", user: "u", expires: "e", session: "s" }),
    ];
    await bed.end("SIGKILL");
    const impostor = await impostorAt(port, async (request) => {
      heard.push(`${request.url} ${JSON.stringify([...request.headers])} ${await request.text()}`);
      return answers[heard.length % answers.length]?.() ?? new Response();
    });
    try {
      await until("the page has asked it several times", () => heard.length > answers.length);
      await page.waitForSelector(".notice:has-text('does not prove to be the daemon')");
    } finally {
      await impostor.stop(true);
    }
    const all = heard.join("\n");
    expect(all).toContain("/session/challenge");
    expect(all).not.toContain("authorization");
    expect(all).not.toContain("/session/return");
    expect(all).not.toContain(String(secret));
    expect((await bed.run("list")).code).toBe(0);
    await page.waitForSelector(".connection.tone-ok");
    await page.context().close();
  },
  limitMs,
);

browserTest(
  "a wrong proof ends the page's session: it never says its own",
  async () => {
    const { page, port } = await openPage();
    const heard: string[] = [];
    await bed.end("SIGKILL");
    const impostor = await impostorAt(port, async (request) => {
      heard.push(new URL(request.url).pathname);
      return Response.json({ nonce: "n", proof: "p" });
    });
    try {
      await page.waitForSelector(".notice:has-text('session has ended')");
    } finally {
      await impostor.stop(true);
    }
    expect(new Set(heard)).toEqual(new Set(["/session/challenge"]));
    await page.context().close();
  },
  limitMs,
);
