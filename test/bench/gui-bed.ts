/** A daemon with 1,000 instances and 100,000 operations, over fake machines, and a browser before it. */
import { mkdirSync, readFileSync } from "node:fs";
import type { Browser, CDPSession, Page } from "playwright-core";
import { daemonActor } from "../../src/events/envelope.ts";
import { openLog } from "../../src/events/store/log.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { systemIds } from "../../src/sys/ids.ts";
import { type Bed, createBed, type Life } from "../campaign/world/bed.ts";
import { launch } from "../gui/browser.ts";
import { seededRandom } from "../simulation/random.ts";
import { lifeOf } from "./scale.ts";

export interface GuiBed {
  readonly life: Life;
  readonly instances: readonly string[];
  /** A new window, in a browser that knows nothing of it; `script` runs in it before the page does. */
  open(script?: string): Promise<OpenWindow>;
  close(): Promise<void>;
}

export interface OpenWindow {
  readonly page: Page;
  readonly devtools: CDPSession;
  /** Of the processor, that the page's thread has used; DevTools count the clock's seconds, and others may be at work here. */
  usedSeconds(): Promise<number>;
  close(): Promise<void>;
}

export async function startGuiBed(instances: number, operations: number): Promise<GuiBed> {
  const bed = await createBed({ random: seededRandom(8), waitMsMax: 0 });
  let browser: Browser | undefined;
  try {
    const ids = await grow(bed, instances, operations);
    const life = await bed.start();
    browser = await launch("--enable-precise-memory-info");
    const own = browser;
    return {
      life,
      instances: ids,
      open: (script) => openWindow(own, life, script),
      async close() {
        await own.close();
        await bed.close();
      },
    };
  } catch (error) {
    await browser?.close();
    await bed.close();
    throw error;
  }
}

async function openWindow(browser: Browser, life: Life, script: string | undefined): Promise<OpenWindow> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  if (script !== undefined) await page.addInitScript(script);
  const devtools = await context.newCDPSession(page);
  await devtools.send("Performance.enable");
  const { url, session } = await life.client().call("window.open", {});
  await page.goto(url);
  await page.waitForSelector(".connection.tone-ok");
  const close = async () => {
    await context.close();
    await life.client().call("window.revoke", { session });
  };
  return { page, devtools, usedSeconds: () => usedSeconds(browser), close };
}

/** By the first threads of all that draw pages in the browser; one of them has a window before it. */
async function usedSeconds(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const nanoseconds = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => Number(readFileSync(`/proc/${id}/task/${id}/schedstat`, "utf8").split(" ")[0]));
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
}

/** Writes what a long life would have left: stopped instances, and operations that each changed a setting. Answers the ids. */
async function grow({ directory, host }: Bed, instances: number, operations: number): Promise<string[]> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { log } = await openLog({ directory, files: systemFiles, clock: systemClock, ids: systemIds });
  const append = (events: Parameters<typeof log.append>[0]["events"], operation: string) =>
    log.append({ events, command: systemIds.next(), by: daemonActor, operation }).durable;
  const ids: string[] = [];
  for (let number = 1; number <= instances; number++) {
    const life = lifeOf(number);
    await append(life, `op-${number}`);
    const id = life[0]?.stream.split("/")[1] ?? "";
    ids.push(id);
    host.world.layers.set(`l-${number}`, { data: [], isFrozen: false });
    host.world.machines.set(id, {
      power: "off",
      cause: "guest",
      top: `l-${number}`,
      programs: [],
      starts: 1,
      console: "",
    });
  }
  for (let done = 0; done < operations; done += atOnce) {
    const numbers = Array.from(
      { length: Math.min(atOnce, operations - done) },
      (_, index) => instances + 1 + done + index,
    );
    await Promise.all(numbers.map((number) => append([settingOf(number)], `op-${number}`)));
  }
  await log.close();
  return ids;
}

const atOnce = 200;

const settingOf = (number: number) => ({
  type: "settings.changed",
  version: 1,
  stream: "settings/daemon",
  data: { number, key: "images.keep", value: `${(number % 90) + 1}d`, before: `${((number - 1) % 90) + 1}d` },
});
