/** Every page away from now: it shows what was then, says so, and lets nothing be changed. */
import { afterAll, beforeAll, expect } from "bun:test";
import { browserTest, isThere } from "./browser.ts";
import { looksRight } from "./findings.ts";
import { type PageBed, startPageBed, type Visit } from "./page-bed.ts";

const limitMs = 120_000;

let bed: PageBed;
beforeAll(async () => {
  if (!isThere) return;
  bed = await startPageBed();
  await bed.change("instance.launch", { name: "web", image: { name: "tiny" } });
  await bed.change("network.create", { name: "lab", kind: "isolated" });
  await bed.change("settings.set", { key: "images.keep", value: "30d" });
  await bed.change("settings.set", { key: "local.web.label.use", value: "demo" });
  await bed.change("point.snapshot", { instance: "web", name: "good", withMemory: false });
  // All of it is another one since.
  await bed.change("settings.set", { key: "images.keep", value: "7d" });
  await bed.change("network.delete", { name: "lab" });
  await bed.change("instance.delete", { instance: "web", purge: true });
  await bed.client().call("image.prune", { command: Bun.randomUUIDv7(), unusedMs: 0 });
}, limitMs);
afterAll(async () => {
  if (isThere) await bed.close();
}, limitMs);

/** In both themes, right after the fifth operation. */
async function then(name: string, at: string, now: string, look: (visit: Visit) => Promise<void>): Promise<void> {
  const visit = await bed.open(at, { reducedMotion: "reduce" });
  const { page } = visit;
  await page.waitForSelector(now);
  await page.waitForSelector(".time-track:not([aria-valuemax='0'])");
  await page.focus(".time-track");
  for (const [index, key] of ["Home", "]", "]", "]", "]"].entries()) {
    await page.keyboard.press(key);
    await page.waitForSelector(`.past-notice:has-text('after operation ${index + 1}')`);
  }
  await look(visit);
  await looksRight(visit, `past-${name}`);
  await page.keyboard.press("Escape");
  await page.waitForSelector(now);
  expect(await visit.faults()).toEqual([]);
  await visit.close();
}

browserTest(
  "images that were here, with who stood on them",
  () =>
    then("images", "#/images", ":text('No image here yet')", async ({ page }) => {
      await page.waitForSelector(".image-card:has-text('tiny'):has-text('under web')");
      for (const name of ["Launch", "Prune", "Trust a keyring", "Ask the hosts"])
        expect(await page.isDisabled(`main button:has-text('${name}')`)).toBe(true);
      expect(await page.locator(".hosts").count()).toBe(0);
    }),
  limitMs,
);

browserTest(
  "networks that were there, with who was in them",
  () =>
    then("networks", "#/networks", "h2:has-text('Interfaces of this machine')", async ({ page }) => {
      await page.waitForSelector(".network-card:has-text('lab')");
      await page.waitForSelector(".network-card:has-text('default'):has-text('web')");
      expect(await page.isDisabled("button:has-text('New network')")).toBe(true);
      expect(await page.isDisabled("button[aria-label='Delete network lab']")).toBe(true);
      expect(await page.locator(":text('Interfaces of this machine')").count()).toBe(0);
    }),
  limitMs,
);

const keep = "input[aria-label='images.keep']";

browserTest(
  "settings as they were, and who had set them",
  () =>
    then("settings", "#/settings", "h2:has-text('Space')", async ({ page }) => {
      await page.waitForSelector(`tr:has(${keep}):has-text('operation 3')`);
      expect(await page.inputValue(keep)).toBe("30d");
      expect(await page.isDisabled(keep)).toBe(true);
      expect(await page.locator("h2:has-text('Space')").count()).toBe(0);
    }),
  limitMs,
);

browserTest(
  "the configuration of an instance that is gone since",
  () =>
    then("configuration", "#/instances/web/configuration", "main :text('web')", async ({ page }) => {
      await page.waitForSelector("input[aria-label='label.use']");
      expect(await page.inputValue("input[aria-label='label.use']")).toBe("demo");
      expect(await page.isDisabled("input[aria-label='label.use']")).toBe(true);
    }),
  limitMs,
);

browserTest(
  "the points of an instance that is gone since, and the layers that it stood on",
  async () => {
    await then("timeline", "#/instances/web/timeline", "main :text('web')", async ({ page }) => {
      await page.waitForSelector(".tree li:has-text('good')");
      await page.waitForSelector(".tree :text('it stood here')");
    });
    await then("disk", "#/instances/web/disk", "main :text('web')", async ({ page }) => {
      await page.waitForSelector(".layers li:has-text('good')");
      expect(await page.textContent(".layer-now")).toContain("what it wrote to");
    });
  },
  limitMs,
);
