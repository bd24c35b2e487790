/** What a new user does in the window, by keys alone, on a real guest: launch, break, bring back, look back, and find out who did it. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "bun:test";
import type { Browser, Page } from "playwright-core";
import type { HistoryRow } from "../../src/model/view.ts";
import { browserTest, isThere, launch } from "../gui/browser.ts";
import { type Keyboard, keyboardOf } from "../gui/keyboard.ts";
import { createHome, guestMs, type Home, until } from "./harness.ts";

const screenshots = join(import.meta.dir, "../../dist/screenshots");
/** What the browser refused by the page's policy, kept where the page's own scripts do not look. */
const collect = `
  globalThis.policyFaults = [];
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    globalThis.policyFaults.push(violatedDirective + " " + blockedURI));
`;

let [home, browser, page, keys]: [Home, Browser, Page, Keyboard] = [] as never;
const errors: string[] = [];

beforeAll(async () => {
  if (!isThere) return;
  mkdirSync(screenshots, { recursive: true });
  home = createHome();
  browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" });
  await context.addInitScript(collect);
  page = await context.newPage();
  page.setDefaultTimeout(guestMs);
  page.on("pageerror", (error) => errors.push(String(error)));
  keys = keyboardOf(page);
}, guestMs);
afterAll(async () => {
  if (!isThere) return;
  await browser.close();
  await home.close();
}, guestMs);

const see = (selector: string) => page.waitForSelector(selector);
const shot = (name: string) => page.screenshot({ path: join(screenshots, `journey-${name}.png`) });
const ended = (what: string) => see(`.toast.ok strong:text-is("${what}: done")`);
const screen = (): Promise<string> => page.evaluate("document.querySelector('.xterm-rows')?.innerText ?? ''");

/** Goes into the terminal, has a command run there, waits for what it prints, and leaves again. */
async function inTerminal(command: string, printed: RegExp): Promise<void> {
  await keys.press("t");
  await keys.isOn(".xterm-helper-textarea");
  await until("a prompt", async () => /[$#]\s*$/.test(await screen()));
  await keys.type(`clear; ${command}\n`);
  await until(`${command} printed ${printed}`, async () => printed.test(await screen()));
  await keys.press("Control+Shift+Escape");
  await keys.isOn("#tab-terminal");
}

async function launches(): Promise<void> {
  const [url = ""] = /http\S+/.exec(await home.ok("gui", "--print")) ?? [];
  await page.goto(url);
  await keys.isOn(".first-launch input");
  await shot("empty");
  await keys.type("tiny");
  await keys.press("Tab");
  await keys.type("web");
  await keys.press("Enter");
  await keys.isOn(".grid-row:has-text('web')");
  await see(".grid-row:has-text('Ready')");
  await ended("launch web");
  await shot("running");
}

async function keepsAndBreaks(): Promise<void> {
  await inTerminal("echo precious > notes; cat notes", /^precious/m);
  await shot("terminal");
  await keys.press("p");
  await keys.isOn("dialog input");
  await keys.type("good");
  await keys.to("dialog label:has-text('memory') input");
  await keys.press("Space", "Enter");
  await ended("snapshot web@good");
  await keys.isOn("#tab-terminal");
  await inTerminal("rm notes; cat notes", /can't open|No such file/);
}

async function bringsBack(): Promise<void> {
  await keys.press("ArrowLeft");
  await keys.isOn("#tab-timeline");
  await keys.to(".tree li:has-text('good') button:has-text('Restore')");
  await shot("timeline");
  await keys.press("Enter");
  // The safe choice has the focus.
  await keys.isOn("dialog button:has-text('Fork from here')");
  await see("dialog .plan dd:has-text('web@branch1')");
  await shot("plan");
  await keys.to("dialog button:has-text('Restore')", "Shift+Tab");
  await keys.press("Enter");
  await ended("restore web@good");
  await keys.isOn(".tree button");
  await inTerminal("cat notes", /^precious/m);
  await shot("back");
}

async function takesItBack(): Promise<void> {
  await keys.press("u");
  await keys.isOn("dialog button:has-text('Undo it')");
  await see("dialog .plan:has-text('restore web@good')");
  await shot("undo");
  await keys.press("Enter");
  await ended("undo 3: restore web@branch1");
  await inTerminal("cat notes", /can't open|No such file/);
}

async function looksBack(): Promise<void> {
  await keys.press("ArrowLeft");
  await see(".tree li:has-text('branch2')");
  await shot("tree");
  for (const operation of [4, 3, 2, 1]) {
    await keys.press("[");
    await see(`.past-notice:has-text('after operation ${operation}')`);
  }
  // After the launch there was no point yet.
  await see("#panel:has-text('No points yet')");
  await shot("past");
  await keys.press("Escape");
  await page.waitForSelector(".past-notice", { state: "detached" });
  await see(".tree li:has-text('branch2')");
}

async function findsWhoStoppedIt(): Promise<void> {
  await home.ok("stop", "web", "--reason", "moving the host");
  await see("h1:has-text('Stopped')");
  await keys.press("Control+k");
  await keys.isOn("dialog input");
  await keys.type("history");
  await keys.press("Enter");
  await see("h1:has-text('History')");
  await keys.press("/");
  await keys.type("stop");
  // Asked from outside: the page's policy lets nothing be evaluated that looks again by itself.
  await until("one row is left", async () => (await page.locator(".grid-row").count()) === 1);
  await keys.to(".grid-row:has-text('stop web')");
  await shot("history");
  await keys.press("Enter");
  const record = await see("dialog:has-text('moving the host')");
  const { history } = JSON.parse(await home.ok("history", "web", "--json")) as { history: HistoryRow[] };
  const [stop] = history.filter(({ type }) => type === "stop");
  expect(await record.textContent()).toContain(`who${stop?.who}, on the command line`);
  await shot("record");
  await keys.press("Escape");
  await keys.isOn(".grid-row");
}

browserTest(
  "a machine is launched, broken, brought back, looked at as it was, and who stopped it is found, by keys alone",
  async () => {
    for (const part of [launches, keepsAndBreaks, bringsBack, takesItBack, looksBack, findsWhoStoppedIt]) {
      await part().catch(async (error: unknown) => {
        await shot("failed");
        throw error;
      });
    }
    expect(await page.evaluate("globalThis.policyFaults")).toEqual([]);
    expect(errors).toEqual([]);
  },
  4 * guestMs,
);
