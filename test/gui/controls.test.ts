/** What is changed in a dialog of the page, as the command that the dialog shows does it: labels, mounts, images, keys, the passphrase. */
import { afterAll, beforeAll, expect } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { generate } from "../images/keys.ts";
import { browserTest, isThere } from "./browser.ts";
import { looksRight } from "./findings.ts";
import { type PageBed, startPageBed } from "./page-bed.ts";

const limitMs = 120_000;

let bed: PageBed;
beforeAll(async () => {
  if (!isThere) return;
  bed = await startPageBed();
  await bed.change("instance.launch", { name: "web", image: { name: "tiny" }, labels: { use: "demo" } });
  await bed.change("instance.stop", { instance: "web", force: true });
}, limitMs);
afterAll(async () => {
  if (isThere) await bed.close();
}, limitMs);

interface Control {
  readonly name: string;
  readonly at: string;
  /** Opens the dialog. */
  open(page: Page): Promise<unknown>;
  /** Fills it in and sends it. */
  work(page: Page): Promise<unknown>;
}

const command = ".dialog .command-line code";
const send = (page: Page) => page.click(".dialog button[type=submit]");
const view = async () => (await bed.client().call("instance.info", { instances: ["web"] }))[0];

/** In both themes the dialog keeps nobody out and breaks no rule of the page's policy. Then it is used. */
async function control({ name, at, open, work }: Control): Promise<void> {
  const visit = await bed.open(at, { reducedMotion: "reduce" });
  await open(visit.page);
  await visit.page.waitForSelector(".dialog[open]");
  await looksRight(visit, `dialog-${name}`);
  await work(visit.page);
  expect(await visit.faults()).toEqual([]);
  await visit.close();
}

const controlTest = (what: string, parts: () => Control) => browserTest(what, () => control(parts()), limitMs);

controlTest("a label is added", () => ({
  name: "label",
  at: "#/instances/web",
  open: (page) => page.click("button[aria-label='Add a label']"),
  async work(page) {
    await page.fill(".dialog input[placeholder=use]", "-bad");
    await page.waitForSelector(".field.wrong");
    await page.fill(".dialog input[placeholder=use]", "team");
    await page.fill(".dialog input[placeholder=demo]", "red one");
    expect(await page.textContent(command)).toBe("strata set 'local.web.label.team=red one'");
    await send(page);
    await page.waitForSelector(".ways .label:has-text('team=red one')");
    expect((await view())?.labels).toEqual({ use: "demo", team: "red one" });
  },
}));

browserTest(
  "a label is taken away, and comes back by undo",
  async () => {
    const { page, close } = await bed.open("#/instances/web");
    await page.click("button[aria-label='Take label use away']");
    await page.click(".toast button:has-text('Undo')");
    await page.click(".dialog button:has-text('Undo it')");
    await page.waitForSelector(".ways .label:has-text('use=demo')");
    await close();
  },
  limitMs,
);

controlTest("a mount is taken away by force", () => {
  const folder = join(bed.bed.directory, "..", "site");
  return {
    name: "unmount",
    at: "#/instances/web",
    async open(page) {
      mkdirSync(folder, { recursive: true });
      const { mounts } = (await view()) ?? {};
      const input = { instance: "web", source: folder, target: "/srv/site", type: "classic" as const, readOnly: false };
      if (!mounts) await bed.change("instance.mount", input);
      await page.click("button[aria-label='Unmount /srv/site']");
    },
    async work(page) {
      expect(await page.textContent(command)).toBe("strata umount web:/srv/site");
      await page.check(".dialog input[type=checkbox]");
      expect(await page.textContent(command)).toBe("strata umount --force web:/srv/site");
      const asked = page.waitForRequest((request) => request.url().endsWith("/v1/instance.unmount"));
      await send(page);
      expect((await asked).postDataJSON()).toMatchObject({ target: "/srv/site", force: true });
      await page.waitForSelector("button[aria-label='Unmount /srv/site']", { state: "detached" });
      expect((await view())?.mounts).toBeUndefined();
    },
  };
});

controlTest("the passphrase is set, and taken away", () => ({
  name: "passphrase",
  at: "#/settings",
  open: (page) => page.click(".settings button:has-text('set one')"),
  async work(page) {
    await page.fill(".dialog input[type=password] >> nth=0", "correct horse");
    await page.fill(".dialog input[type=password] >> nth=1", "correct");
    await page.waitForSelector(".field.wrong:has-text('not the same')");
    expect(await page.isDisabled(".dialog button[type=submit]")).toBe(true);
    await page.fill(".dialog input[type=password] >> nth=1", "correct horse");
    expect(await page.textContent(command)).toBe("strata set passphrase=-");
    await send(page);
    await page.click(".settings button:has-text('change it')");
    const check = () => bed.client().call("passphrase.check", { passphrase: "correct horse" as never });
    expect(await check()).toEqual({ isSet: true, isRight: true });
    await page.check(".dialog input[type=checkbox]");
    expect(await page.textContent(command)).toBe("strata set passphrase=");
    await send(page);
    await page.waitForSelector(".settings button:has-text('set one')");
    expect(await check()).toEqual({ isSet: false, isRight: false });
  },
}));

controlTest("the keys of a keyring are trusted", () => ({
  name: "trust",
  at: "#/images",
  open: (page) => page.click("button:has-text('Trust a keyring')"),
  async work(page) {
    const key = await generate("lab");
    const field = ".dialog input[type=file]";
    await page.setInputFiles(field, { name: "not.gpg", mimeType: "", buffer: Buffer.from("no keys") });
    await send(page);
    await page.waitForSelector(".dialog .problem .code:has-text('keyring-invalid')");
    await page.setInputFiles(field, { name: "lab.gpg", mimeType: "", buffer: Buffer.from(key.binary) });
    expect(await page.textContent(command)).toBe("strata set images.keyring=lab.gpg");
    await send(page);
    await page.waitForSelector(`.toast:has-text('${key.fingerprint}')`);
    const [row] = await bed.client().call("settings.list", { key: "images.keyring" });
    expect(row?.value).toBe(key.fingerprint);
  },
}));

controlTest("images that nobody uses are removed", () => ({
  name: "prune",
  at: "#/images",
  open: (page) => page.click("button:has-text('Prune')"),
  async work(page) {
    await page.fill(".dialog input", "soon");
    await page.waitForSelector(".field.wrong");
    await page.fill(".dialog input", "7d");
    expect(await page.textContent(command)).toBe("strata images prune --unused 7d");
    await page.fill(".dialog input", "");
    await bed.change("instance.delete", { instance: "web", purge: true });
    await send(page);
    await page.waitForSelector(".toast:has-text('Removed 1')");
    expect(await bed.client().call("image.list", {})).toEqual([]);
  },
}));
