/** What a window shows when others change things under it, and when a guest says what it should not. */
import { afterAll, afterEach, beforeAll, expect } from "bun:test";
import { browserTest, isThere } from "./browser.ts";
import { type PageBed, startPageBed, type Visit } from "./page-bed.ts";

const limitMs = 120_000;

let bed: PageBed;
const visits: Visit[] = [];

beforeAll(async () => {
  if (isThere) bed = await startPageBed();
}, limitMs);
afterEach(async () => {
  for (const visit of visits.splice(0)) await visit.close();
});
afterAll(async () => {
  if (isThere) await bed.close();
}, limitMs);

const open = async (fragment: string): Promise<Visit> => {
  const visit = await bed.open(fragment);
  visits.push(visit);
  return visit;
};

const launch = (name: string, more: { labels?: Record<string, string>; reason?: string } = {}): Promise<void> =>
  bed.change("instance.launch", { name, image: { name: "tiny" }, ...more });
const purge = (instance: string): Promise<void> => bed.change("instance.delete", { instance, purge: true });

const tabs = ["overview", "timeline", "configuration", "disk", "history", "console", "metrics", "terminal"];

browserTest(
  "an instance that is purged while any of its tabs is open is said to be gone, with the way on",
  async () => {
    for (const tab of tabs) {
      await launch("short");
      const visit = await open(`#/instances/short/${tab}`);
      await visit.page.waitForSelector(".panel");
      await purge("short");
      await visit.page.waitForSelector(".empty:has-text('There is no instance called short')");
      expect(await visit.page.locator(".empty a[href='#/history']").count()).toBe(1);
      expect(await visit.faults()).toEqual([]);
      await visit.close();
    }
  },
  limitMs,
);

browserTest(
  "an instance that is purged while a dialog asks about it: the dialog says what the daemon says",
  async () => {
    await launch("asked");
    const { page } = await open("#/instances/asked/overview");
    await page.click("button:has-text('More')");
    await page.click(".menu button:has-text('Rename')");
    await page.fill(".dialog input", "other");
    await purge("asked");
    await page.waitForSelector(".empty:has-text('There is no instance called asked')");
    await page.click(".dialog button[type=submit]");
    await page.waitForSelector(".dialog .problem");
    expect(await page.inputValue(".dialog input")).toBe("other");
  },
  limitMs,
);

browserTest(
  "two windows on one machine: each sees what the other does, and what is over is said, not done twice",
  async () => {
    await launch("shared");
    const [one, other] = [await open("#/instances/shared/overview"), await open("#/instances/shared/overview")];
    await one.page.click("button:has-text('Stop')");
    await other.page.waitForSelector("h1:has-text('Stopped')");
    await one.page.waitForSelector("h1:has-text('Stopped')");
    await other.page.click("button:has-text('Start')");
    await one.page.waitForSelector("h1:has-text('Running')");
    // Both rename it, from the same page: the second one is told.
    for (const { page } of [one, other]) {
      await page.click("button:has-text('More')");
      await page.click(".menu button:has-text('Rename')");
      await page.waitForSelector(".dialog input");
    }
    await one.page.fill(".dialog input", "first");
    await other.page.fill(".dialog input", "second");
    await one.page.click(".dialog button[type=submit]");
    await one.page.waitForSelector(".dialog", { state: "detached" });
    await other.page.click(".dialog button[type=submit]");
    await other.page.waitForSelector(".dialog .problem, .empty");
    const names = (await bed.client().call("instance.list", {})).map(({ name }) => name);
    expect(names.filter((name) => ["first", "second", "shared"].includes(name))).toHaveLength(1);
    expect([await one.faults(), await other.faults()]).toEqual([[], []]);
    for (const name of names) await purge(name);
  },
  limitMs,
);

const html = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
const escapes =
  "\u001b[31mred\u001b[0m\u001b]0;owned\u0007\u001b]8;;javascript:alert(1)\u0007link\u001b]8;;\u0007\u001b[2J\u001b[Hhome\u0007";

browserTest(
  "labels, reasons, comments and a console full of markup and escape sequences are text, and nothing runs",
  async () => {
    await launch("marked", { labels: { note: html }, reason: html });
    await bed.change("point.snapshot", { instance: "marked", withMemory: false, name: "good", comment: html });
    const { machines } = bed.bed.host.world;
    for (const machine of machines.values()) machine.console += `${escapes}\n${html}\n`;
    for (const fragment of ["#/instances", "#/history", ...tabs.map((tab) => `#/instances/marked/${tab}`)]) {
      const visit = await open(fragment);
      const { page } = visit;
      await page.waitForSelector(".grid-row, .panel > *");
      if (fragment.endsWith("console")) await page.waitForSelector("[role=log]:has-text('home')");
      if (fragment.endsWith("timeline")) await page.waitForSelector("#panel :text('good')");
      expect(await page.locator("img, main script").count()).toBe(0);
      expect(await page.title()).not.toContain("owned");
      expect(await visit.faults()).toEqual([]);
      const text = (await page.textContent("body")) ?? "";
      expect(text.replaceAll(/[\t\n]/g, "")).not.toMatch(/\p{Cc}/u);
      if (fragment.endsWith("console")) expect(text).toContain(`redlinkhome\n${html}`);
      await visit.close();
    }
    await purge("marked");
  },
  limitMs,
);

browserTest(
  "a name that is no name is refused at its field, and shown as it was typed",
  async () => {
    // Without any instance the page is the form itself, with the focus in it.
    await launch("other");
    const visit = await open("#/instances");
    const { page } = visit;
    await page.waitForSelector(".grid-row");
    await page.keyboard.press("n");
    await page.fill(".dialog input[placeholder='made up']", html);
    await page.waitForSelector(".dialog .field.wrong");
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.isDisabled(".dialog button[type=submit]")).toBe(true);
    await page.keyboard.press("Escape");
    await page.evaluate(`location.hash = "#/instances/" + encodeURIComponent(${JSON.stringify(html)})`);
    await page.waitForSelector(".empty");
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).not.toBe("owned");
    expect(await visit.faults()).toEqual([]);
  },
  limitMs,
);
