/** How much a window does to open and to stay as things are: what it asks for first, and what it draws again. */
import { afterAll, beforeAll, expect } from "bun:test";
import { browserTest, isThere } from "./browser.ts";
import { type PageBed, startPageBed, type Visit } from "./page-bed.ts";

const limitMs = 60_000;
const names = ["web", "db", "cache"];

let bed: PageBed;
beforeAll(async () => {
  if (!isThere) return;
  bed = await startPageBed();
  for (const name of names) await bed.change("instance.launch", { name, image: { name: "tiny" } });
}, limitMs);
afterAll(async () => {
  if (isThere) await bed.close();
}, limitMs);

async function visited(work: (visit: Visit) => Promise<void>): Promise<void> {
  const visit = await bed.open("#/instances");
  await visit.page.waitForSelector(".grid-row");
  await work(visit);
  await visit.close();
}

browserTest(
  "the list is asked for first, waits for nothing, and nothing is asked for twice before it is there",
  () =>
    visited(async ({ page }) => {
      const asked = (await page.evaluate(
        `performance.getEntriesByType("resource").filter(({ name }) => name.includes("/v1/"))
          .map(({ name, startTime, responseEnd }) => [name.replace(/.*\\/v1\\//, ""), startTime, responseEnd])`,
      )) as (readonly [string, number, number])[];
      const [list] = asked;
      expect(list?.[0]).toBe("instance.list");
      const before = asked.filter(([, from]) => from < (list?.[2] ?? 0)).map(([name]) => name);
      expect(before).toEqual([...new Set(before)]);
    }),
  limitMs,
);

/** Notes of which rows anything but the times that go on was drawn again. */
const noteDrawn = `
  globalThis.drawn = new Set();
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const row = (target.closest ? target : target.parentElement).closest(".grid-row");
      if (row && target.nodeType === Node.ELEMENT_NODE) drawn.add(row.querySelector("a").textContent);
    }
  }).observe(document.querySelector(".grid"), { childList: true, attributes: true, subtree: true });
`;

browserTest(
  "a change of one instance draws its row alone",
  () =>
    visited(async ({ page }) => {
      await page.evaluate(noteDrawn);
      await bed.change("instance.stop", { instance: "db", force: true });
      await page.waitForSelector(".grid-row:has-text('db'):has-text('Stopped')");
      expect(await page.evaluate("[...drawn]")).toEqual(["db"]);
      await bed.change("instance.start", { instance: "db" });
    }),
  limitMs,
);

browserTest(
  "a menu closes by Escape, and has nothing in it then",
  () =>
    visited(async ({ page }) => {
      expect(await page.locator(".grid .menu > *").count()).toBe(0);
      await page.click("button[aria-label='More for web']");
      await page.waitForSelector(".menu:popover-open button:focus");
      await page.keyboard.press("Escape");
      await page.waitForSelector(".grid .menu > *", { state: "detached" });
    }),
  limitMs,
);
