/** The terminal with its names shortened, as the page has it: smaller, and for whoever uses it the same. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { BunPlugin } from "bun";
import type { Browser, Page } from "playwright-core";
import { shortTerminal } from "../../build/page-bundle.ts";
import { withShorterNames } from "../../build/shorter-names.ts";
import { browserTest, isThere, launch } from "./browser.ts";

const limitMs = 60_000;
const repository = join(import.meta.dir, "../..");
/** The names that are used below stay. */
const users = [import.meta.path, join(repository, "node_modules/@xterm/addon-fit/lib/addon-fit.mjs")];
const script = readFileSync(join(repository, "node_modules/@xterm/xterm/lib/xterm.mjs"), "utf8");

/** Inside the repository, where packages are found. */
let folder: string;
let browser: Browser;
beforeAll(async () => {
  if (!isThere) return;
  mkdirSync(join(repository, "dist"), { recursive: true });
  folder = mkdtempSync(join(repository, "dist/.terminal-"));
  browser = await launch();
});
afterAll(async () => {
  if (!isThere) return;
  await browser.close();
  rmSync(folder, { recursive: true });
});

test("a quarter of the terminal is names that nobody else means", async () => {
  const { code, shorter } = await withShorterNames(script, users);
  expect(code.length).toBeLessThan(script.length * 0.75);
  for (const offered of ["open", "loadAddon", "screenReaderMode", "_core", "_renderService"])
    expect(shorter.has(offered)).toBe(false);
});

/** Every name that a browser's own objects answer to. */
const platformNames = `(() => {
  const names = new Set();
  for (const [name, value] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) {
    names.add(name);
    for (const some of [value.value, value.value?.prototype])
      if (some) for (const each of Reflect.ownKeys(Object(some))) names.add(String(each));
  }
  for (const property of document.body.style) names.add(property);
  for (const property in document.body.style) names.add(property);
  return [...names];
})()`;

browserTest("no name that a browser knows is another one now", async () => {
  const { shorter } = await withShorterNames(script, users);
  const page = await browser.newPage();
  const known = (await page.evaluate(platformNames)) as string[];
  expect(known.length).toBeGreaterThan(5_000);
  expect(known.filter((name) => shorter.has(name))).toEqual([]);
  await page.close();
});

const entry = `
  import { Terminal } from "@xterm/xterm";
  import { FitAddon } from "@xterm/addon-fit";
  Object.assign(globalThis, { Terminal, FitAddon });
`;

/** A page with the terminal alone. */
async function terminalPage(name: string, plugins: BunPlugin[]): Promise<Page> {
  const source = join(folder, `${name}.ts`);
  writeFileSync(source, entry);
  const { outputs } = await Bun.build({ entrypoints: [source], target: "browser", minify: true, plugins });
  const page = await browser.newPage();
  await page.setContent('<div id="place" style="width: 640px; height: 320px"></div>');
  await page.addStyleTag({ path: join(repository, "node_modules/@xterm/xterm/css/xterm.css") });
  await page.addScriptTag({ type: "module", content: (await outputs[0]?.text()) ?? "" });
  await page.waitForFunction("globalThis.Terminal");
  return page;
}

const opened = `new Promise((resolve) => {
  const screen = new Terminal({ screenReaderMode: true, scrollback: 50, theme: { foreground: "#ff0000" } });
  const fit = new FitAddon();
  screen.loadAddon(fit);
  screen.open(document.getElementById("place"));
  fit.fit();
  const heard = [];
  screen.onData((text) => heard.push(text));
  screen.onResize(({ cols, rows }) => heard.push({ cols, rows }));
  screen.onTitleChange((title) => heard.push(title));
  Object.assign(globalThis, { screen, fit, heard });
  const text = Array.from({ length: 99 }, (_, index) => "line " + index + "\\r\\n").join("");
  screen.write(text + "\\x1b]0;title\\x07\\x1b[1;31mred\\x1b[0m \\u4f60\\u597d \\x1b[6n\\x1b[?2004h", resolve);
})`;

const told = `(() => {
  const rows = (buffer) => Array.from({ length: buffer.length }, (_, y) => buffer.getLine(y).translateToString(true));
  const { cols, rows: height, buffer, modes } = screen;
  const cell = buffer.active.getLine(buffer.active.length - 1).getCell(0);
  return {
    cols, height, heard, modes: [modes.bracketedPasteMode, modes.mouseTrackingMode], lines: rows(buffer.active), type: buffer.active.type,
    selected: screen.getSelection(), place: [buffer.active.viewportY, buffer.active.baseY, buffer.active.cursorX],
    cell: [cell.getChars(), cell.isBold(), cell.getFgColor()],
  };
})()`;

/** What is to be seen is drawn, and is there to be read out: both follow in their own time. */
const shown = `(() => {
  const { viewportY } = screen.buffer.active;
  const seen = Array.from({ length: screen.rows }, (_, y) => screen.buffer.active.getLine(viewportY + y)?.translateToString() ?? "");
  const bare = (text) => text.replace(/\\s/g, "");
  return [".xterm-rows", ".xterm-accessibility-tree"].every((part) => bare(document.querySelector(part).textContent) === bare(seen.join("")));
})()`;

/** What one does with a terminal: output, keys, a paste, the mouse, the wheel, another size, the other screen. */
async function used(page: Page): Promise<unknown[]> {
  const seen: unknown[] = [];
  const look = async () => {
    await page.evaluate("new Promise((resolve) => screen.write('', resolve))");
    await page.waitForFunction(shown);
    seen.push(await page.evaluate(told));
  };
  await page.evaluate(opened);
  await look();
  await page.evaluate("screen.focus()");
  await page.keyboard.type("ls");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Control+c");
  await page.evaluate("screen.paste('two\\nlines')");
  await page.mouse.dblclick(20, 20);
  await look();
  await page.mouse.wheel(0, -200);
  await page.waitForFunction("screen.buffer.active.viewportY < screen.buffer.active.baseY");
  await page.evaluate("document.getElementById('place').style.width = '400px', fit.fit(), screen.scrollLines(-5)");
  await look();
  const otherScreen = "'\\x1b[?1049h\\x1b[?1000h\\x1b[?1006hother\\x1b[3;5Hscreen'";
  await page.evaluate(`new Promise((resolve) => screen.write(${otherScreen}, resolve))`);
  await page.mouse.click(30, 30);
  await look();
  await page.evaluate("screen.reset(), screen.options.fontSize = 20, screen.selectAll()");
  await look();
  await page.evaluate("screen.dispose()");
  return [...seen, await page.evaluate("document.getElementById('place').children.length")];
}

browserTest(
  "what is done with it comes out as with the long names",
  async () => {
    const [long, short] = [await terminalPage("long", []), await terminalPage("short", [shortTerminal(users)])];
    const faults: string[] = [];
    short.on("pageerror", (error) => faults.push(String(error)));
    const [expected, found] = [await used(long), await used(short)];
    expect(found).toEqual(expected);
    expect(JSON.stringify(found)).toContain("title");
    expect(faults).toEqual([]);
  },
  limitMs,
);
