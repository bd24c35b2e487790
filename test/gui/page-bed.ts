/** The page in a browser, before a real daemon over fake machines. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { ApiClient } from "../../src/api/client.ts";
import type { CallName, Input } from "../../src/api/contract.ts";
import { type Bed, createBed, type Life } from "../campaign/world/bed.ts";
import { seededRandom } from "../simulation/random.ts";
import { launch } from "./browser.ts";

export const screenshots = join(import.meta.dir, "../../dist/screenshots");

export interface PageBed {
  readonly bed: Bed;
  readonly browser: Browser;
  life(): Life;
  client(): ApiClient;
  /** The next life, after the last one was killed. */
  startAgain(): Promise<void>;
  /** A changing call, with the end of its operation awaited. */
  change<Name extends CallName>(name: Name, input: Omit<Input<Name>, "command">): Promise<void>;
  /** A signed-in window at a fragment of the page. */
  open(fragment: string, options?: OpenOptions): Promise<Visit>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly width?: number;
  readonly height?: number;
  readonly reducedMotion?: "reduce";
}

export interface Visit {
  readonly page: Page;
  /** What the browser refused by the page's policy, and what went wrong in scripts. */
  faults(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const collect = `
  globalThis.policyFaults = [];
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
    globalThis.policyFaults.push([violatedDirective, blockedURI, sample].join(" ")));
`;

export async function startPageBed(): Promise<PageBed> {
  mkdirSync(screenshots, { recursive: true });
  const bed = await createBed({ random: seededRandom(8), waitMsMax: 0 });
  let life = await bed.start();
  const browser = await launch();
  const client = () => life.client();
  return {
    bed,
    browser,
    client,
    life: () => life,
    startAgain: async () => void (life = await bed.start()),
    async change(name, input) {
      const api = client();
      const answer: unknown = await api.call(name, { command: Bun.randomUUIDv7(), ...input } as never);
      const { operation } = answer as { operation?: { id: string } };
      if (operation) for await (const item of api.stream("operation.follow", { operation: operation.id })) void item;
    },
    async open(fragment, { width = 1280, height = 800, reducedMotion } = {}) {
      const { url } = await client().call("window.open", {});
      const context = await browser.newContext({
        colorScheme: "light",
        viewport: { width, height },
        ...(reducedMotion && { reducedMotion }),
      });
      return visit(context, url, fragment);
    },
    async close() {
      await browser.close();
      await bed.close();
    },
  };
}

async function visit(context: BrowserContext, url: string, fragment: string): Promise<Visit> {
  const errors: string[] = [];
  await context.addInitScript(collect);
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  await page.waitForSelector(".connection.tone-ok");
  if (fragment !== "") await page.evaluate(`location.hash = ${JSON.stringify(fragment)}`);
  return {
    page,
    faults: async () => [...errors, ...((await page.evaluate("globalThis.policyFaults")) as string[])],
    async close() {
      // The session ends with its window, so that many tests do not fill the house.
      await page.evaluate("sessionStorage.clear()").catch(() => undefined);
      await context.close();
    },
  };
}
