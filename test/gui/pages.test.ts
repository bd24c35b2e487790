/** Each page of the window in a real browser, before a real daemon over fake machines: what it shows, in both themes, for everybody. */
import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import { browserTest, isThere } from "./browser.ts";
import { findings, looksRight } from "./findings.ts";
import { type OpenOptions, type PageBed, screenshots, startPageBed, type Visit } from "./page-bed.ts";

const limitMs = 120_000;

let bed: PageBed;
const visits: Visit[] = [];

beforeAll(async () => {
  if (!isThere) return;
  bed = await startPageBed();
}, limitMs);
afterEach(async () => {
  for (const visit of visits.splice(0)) await visit.close();
  if (isThere) await bed.client().call("window.revoke", { all: true });
});
afterAll(async () => {
  if (isThere) await bed.close();
}, limitMs);

const open = async (fragment: string, options?: OpenOptions): Promise<Visit> => {
  const visit = await bed.open(fragment, options);
  visits.push(visit);
  return visit;
};

/** A page is right when it shows what it should, nobody is kept out, and the policy had nothing to refuse. */
async function check(name: string, fragment: string, shows: string): Promise<void> {
  const visit = await open(fragment, { reducedMotion: "reduce" });
  await visit.page.waitForSelector(shows);
  await looksRight(visit, name);
  expect(await visit.faults()).toEqual([]);
}

browserTest(
  "without an instance, the launch form is what there is, and Enter launches",
  async () => {
    await check("empty", "", ".first-launch");
    const { page } = await open("");
    await page.fill("input[placeholder='lts']", "tiny");
    await page.fill("input[placeholder='made up']", "web");
    expect(await page.textContent(".first-launch .command-line code")).toBe("strata launch tiny --name web");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".grid-row:has-text('Ready')");
    await page.waitForSelector(".toast:has-text('launch web: done')");
  },
  limitMs,
);

browserTest(
  "what is wrong in a form is said at its field, and nothing is sent",
  async () => {
    const { page } = await open("#/instances");
    await page.waitForSelector(".grid-row");
    await page.keyboard.press("n");
    await page.fill(".dialog input[placeholder='1G']", "2X");
    await page.waitForSelector(".field.wrong:has-text('not valid')");
    expect(await page.isDisabled(".dialog button[type=submit]")).toBe(true);
  },
  limitMs,
);

browserTest(
  "instances are listed, filtered, and stopped and started by the keyboard alone",
  async () => {
    for (const name of ["db", "cache"]) await bed.change("instance.launch", { name, image: { name: "tiny" } });
    await bed.change("point.snapshot", { instance: "web", withMemory: true, name: "good" });
    await bed.change("network.create", { name: "lab", kind: "isolated" });
    await check("instances", "#/instances", ".grid-row:has-text('web')");
    const { page } = await open("#/instances");
    await page.waitForSelector(".grid-row");
    await page.keyboard.press("/");
    await page.keyboard.type("db");
    await page.waitForSelector(".grid[aria-rowcount='2']");
    await page.fill("main input[type=search]", "");
    await page.focus(".grid-row[data-index='0']");
    await page.keyboard.press("j");
    await page.waitForSelector(".grid-row[data-index='1']:focus");
    await page.keyboard.press("s");
    await page.waitForSelector(".grid-row[data-index='1']:has-text('Stopped')");
    await page.keyboard.press("s");
    await page.waitForSelector(".grid-row[data-index='1']:has-text('Ready')");
    await page.keyboard.press("Enter");
    await page.waitForSelector("h1:has-text('db')");
  },
  limitMs,
);

browserTest(
  "a fork of one that runs goes on where it is, as the command beside it does",
  async () => {
    const { page } = await open("#/instances/web");
    await page.click(".page-actions button:has-text('Fork')");
    expect(await page.textContent(".dialog .command-line code")).toBe("strata fork web");
    await page.click(".dialog button[type=submit]");
    await page.waitForSelector(".toast:has-text('fork web')");
    const [made] = await bed.client().call("instance.info", { instances: ["web-2"] });
    expect(made).toMatchObject({ power: "running", resumed: true, origin: expect.stringMatching(/^web@snapshot/) });
    await bed.change("instance.delete", { instance: "web-2", purge: true });
  },
  limitMs,
);

browserTest(
  "a verb for several has an outcome for each",
  async () => {
    const { page } = await open("#/instances");
    await page.waitForSelector(".grid-row");
    await page.focus(".grid-row[data-index='0']");
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.waitForSelector(".grid-row[data-index='1']:focus");
    await page.keyboard.press("x");
    await page.click(".bulk-bar button:has-text('Stop')");
    await page.waitForSelector(".bulk-outcomes:has-text('2 of 2 ended')");
    expect(await page.locator(".bulk-outcomes li .mark").allTextContents()).toEqual(["ok", "ok"]);
    await page.click(".bulk-bar button:has-text('Start')");
    await page.waitForSelector(".bulk-outcomes:has-text('Start: 2 of 2 ended')");
  },
  limitMs,
);

const tabs: readonly (readonly [name: string, shows: string])[] = [
  ["overview", ".summary"],
  ["timeline", "#panel :text('good')"],
  ["configuration", ".settings input[aria-label=cpus]"],
  ["disk", ".layers li:has-text('good')"],
  ["history", "#panel td:has-text('launch web')"],
  ["console", "#panel [role=log]"],
  ["metrics", "#panel > *"],
  ["terminal", "#panel .xterm, #panel .problem"],
];
for (const [tab, shows] of tabs) {
  browserTest(
    `the tab ${tab} of an instance`,
    () => check(`instance-${tab}`, `#/instances/web${tab === "overview" ? "" : `/${tab}`}`, shows),
    limitMs,
  );
}

browserTest(
  "the page of history",
  () => check("history", "#/history", "main [role=row]:nth-child(2), main .grid-row"),
  limitMs,
);
browserTest("the page of images", () => check("images", "#/images", ".image-card:has-text('tiny')"), limitMs);
browserTest("the page of networks", () => check("networks", "#/networks", ".network-card:has-text('lab')"), limitMs);
browserTest("the page of settings", () => check("settings", "#/settings", ".settings input"), limitMs);

browserTest(
  "a setting is edited, looked at as a difference, applied, and told with who set it",
  async () => {
    const { page } = await open("#/settings");
    await page.fill("input[aria-label='images.keep']", "30d");
    await page.waitForSelector(".difference:has-text('strata set images.keep=30d')");
    await page.click(".difference button:has-text('Apply')");
    await page.waitForSelector("tr:has(input[aria-label='images.keep']):has-text('root')");
    const [row] = await bed.client().call("settings.list", { key: "images.keep" });
    expect(row?.value).toBe("30d");
  },
  limitMs,
);

browserTest(
  "the palette does what is typed, and the list of keys says how",
  async () => {
    const visit = await open("#/instances");
    const { page } = visit;
    await page.waitForSelector(".grid-row");
    await page.keyboard.press("?");
    await page.waitForSelector(".key-help");
    expect(await findings(visit)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.waitForSelector(".key-help", { state: "detached" });
    await page.keyboard.press("Control+k");
    await page.keyboard.type("stop web");
    await page.waitForSelector("[role=option][aria-selected=true]:has-text('Stop web')");
    expect(await findings(visit)).toEqual([]);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".grid-row:has-text('web'):has-text('Stopped')");
    expect(await visit.faults()).toEqual([]);
  },
  limitMs,
);

browserTest(
  "what is refused is told whole, with its code and the next command",
  async () => {
    const { page } = await open("#/instances/web");
    await page.waitForSelector("h1:has-text('web')");
    await page.click("button:has-text('More')");
    await page.click(".menu button:has-text('Rename')");
    await page.fill(".dialog input", "db");
    await page.click(".dialog button[type=submit]");
    await page.waitForSelector(".dialog .problem .code");
    expect(await page.textContent(".dialog .command-line code")).toBe("strata rename web db");
    expect(await page.inputValue(".dialog input")).toBe("db");
  },
  limitMs,
);

browserTest(
  "a name of another's making is text, wherever it stands",
  async () => {
    const label = "<img src=x onerror=alert(1)>";
    await bed.change("instance.launch", { name: "marked", image: { name: "tiny" }, labels: { note: label } });
    const visit = await open("#/instances");
    await visit.page.waitForSelector(`.label:has-text(${JSON.stringify(`note=${label}`)})`);
    expect(await visit.page.locator("main img").count()).toBe(0);
    expect(await visit.faults()).toEqual([]);
    await bed.change("instance.delete", { instance: "marked", purge: true });
    await visit.page.waitForSelector(".grid-row:has-text('marked')", { state: "detached" });
  },
  limitMs,
);

browserTest(
  "from the narrowest window to the widest nothing runs out of it",
  async () => {
    for (const width of [360, 768, 2560]) {
      const { page } = await open("#/instances", { width });
      await page.waitForSelector(".grid-row");
      await page.screenshot({ path: join(screenshots, `instances-${width}.png`) });
      expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
      // One line: no column fell below another.
      expect(await page.evaluate("document.querySelector('.grid-head').clientHeight")).toBeLessThan(50);
      expect(
        await page.evaluate(
          "document.querySelector('.grid').scrollWidth <= document.querySelector('.grid').clientWidth",
        ),
      ).toBe(true);
    }
  },
  limitMs,
);

browserTest(
  "a daemon that dies is told of, and nothing that was typed is lost",
  async () => {
    const { page } = await open("#/instances");
    await page.waitForSelector(".grid-row");
    await page.keyboard.press("n");
    await page.fill(".dialog input[placeholder='made up']", "typed");
    await bed.life().kill();
    await page.waitForSelector(".connection.tone-bad");
    await page.click(".dialog button[type=submit]");
    await page.waitForSelector(".dialog .problem:has-text('does not answer')");
    expect(await page.inputValue(".dialog input[placeholder='made up']")).toBe("typed");
    await bed.startAgain();
  },
  limitMs,
);

browserTest(
  "a window without a session says how to get one",
  async () => {
    const { url } = await bed.client().call("window.open", {});
    const context = await bed.browser.newContext();
    const page = await context.newPage();
    await page.goto(url.replace(/#.*/, ""));
    await page.waitForSelector("h1:has-text('no session')");
    expect(await page.textContent(".command-line code")).toBe("strata gui");
    await context.close();
  },
  limitMs,
);
