/**
 * The window's figures: `bun test/bench/gui.ts [--minutes N] [--before EXECUTABLE]`, after `bun build/compile.ts`, on a machine with
 * nothing else to do. `--before`: an executable without the page, of commit 5bf5f22. Exit code 1: a goal is not met.
 */
import { loadavg } from "node:os";
import { join } from "node:path";
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import type { CDPSession, Page } from "playwright-core";
import { bundlePage } from "../../build/page-bundle.ts";
import { type GuiBed, startGuiBed } from "./gui-bed.ts";
import { median } from "./measure.ts";
import { atMost, type Row, tableOf } from "./row.ts";

const instances = 1_000;
const operations = 100_000;
const coldRuns = 7;
/** One changed instance each time: started or stopped. */
const changesPerSecond = 5;
const mebibyte = 2 ** 20;
const repository = join(import.meta.dir, "../..");

const { values } = parseArgs({ options: { minutes: { type: "string", default: "1" }, before: { type: "string" } } });

async function* sizes(): AsyncGenerator<Row> {
  const files = [...(await bundlePage())];
  const scripts = files.filter(([path]) => path.endsWith(".js"));
  const kilobytes = (some: typeof scripts) =>
    Math.round(some.reduce((sum, [, { bytes }]) => sum + bytes.length, 0) / 1_000);
  const index = Buffer.from(files.find(([path]) => path === "/")?.[1].bytes ?? []).toString();
  for (const [what, some] of [
    ["JavaScript that is loaded at the start", scripts.filter(([path]) => index.includes(path))],
    ["JavaScript in all, with the terminal", scripts],
  ] as const)
    yield { what, ours: `${kilobytes(some)} KB`, goal: atMost(kilobytes(some), 450, " KB") };
  const known = scripts.filter(([, file]) => Buffer.from(file.bytes).includes("ZodError")).length;
  yield { what: "scripts with the schema library in them", ours: String(known), goal: atMost(known, 0) };
  if (values.before === undefined) return;
  const grown = (statSync(join(repository, "dist/strata")).size - statSync(values.before).size) / 1e6;
  yield { what: "growth of the executable", ours: `${grown.toFixed(2)} MB`, goal: atMost(grown, 1, " MB") };
}

/** Notes when a row of the table is in the document and drawn: from then on it takes keys and clicks. */
const noteRows = `
  new MutationObserver((_, observer) => {
    if (!document.querySelector(".grid-row")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (globalThis.rowsMs = performance.now())));
  }).observe(document, { childList: true, subtree: true });
`;

async function* coldStarts(bed: GuiBed): AsyncGenerator<Row> {
  const [paints, interactives]: [number[], number[]] = [[], []];
  for (let run = 0; run < coldRuns; run++) {
    const { page, close } = await bed.open(noteRows);
    await page.waitForSelector(".grid-row");
    const [paint, interactive] = (await page.evaluate(
      `new Promise((resolve) => {
         const look = () => globalThis.rowsMs === undefined ? requestAnimationFrame(look)
           : resolve([performance.getEntriesByName("first-contentful-paint")[0].startTime, globalThis.rowsMs]);
         look();
       })`,
    )) as [number, number];
    paints.push(paint);
    interactives.push(interactive);
    await close();
  }
  const [paint, interactive] = [median(paints), median(interactives)];
  yield { what: `first paint, cold`, ours: `${paint.toFixed(0)} ms`, goal: atMost(paint, 250, " ms") };
  const what = `interactive, cold, ${instances} instances`;
  yield { what, ours: `${interactive.toFixed(0)} ms`, goal: atMost(interactive, 500, " ms") };
}

async function metric(devtools: CDPSession, name: string): Promise<number> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return metrics.find((each) => each.name === name)?.value ?? Number.NaN;
}

const heapMiB = async (devtools: CDPSession): Promise<number> => {
  await devtools.send("HeapProfiler.collectGarbage");
  return (await metric(devtools, "JSHeapUsedSize")) / mebibyte;
};

/** Starts and stops instances at a steady pace until `untilMs`; answers how many. */
async function change({ life, instances: ids }: GuiBed, untilMs: number): Promise<number> {
  const client = life.client();
  const startedMs = performance.now();
  let done = 0;
  while (performance.now() < untilMs) {
    const instance = ids[done % 20] ?? "";
    const command = Bun.randomUUIDv7();
    const isStart = Math.floor(done / 20) % 2 === 0;
    await (isStart
      ? client.call("instance.start", { command, instance })
      : client.call("instance.stop", { command, instance, force: true }));
    done += 1;
    await Bun.sleep(Math.max(0, startedMs + (done * 1_000) / changesPerSecond - performance.now()));
  }
  return done;
}

async function* liveUpdates(bed: GuiBed, minutes: number): AsyncGenerator<Row> {
  const { page, devtools, usedSeconds, close } = await bed.open();
  await page.waitForSelector(".grid-row");
  await change(bed, performance.now() + 2_000);
  const heapBefore = await heapMiB(devtools);
  const [before, beforeMs] = [await usedSeconds(), performance.now()];
  const done = await change(bed, performance.now() + minutes * 60_000);
  const seconds = (performance.now() - beforeMs) / 1_000;
  const share = ((await usedSeconds()) - before) / seconds;
  const where = `${instances} instances, ${(done / seconds).toFixed(1)} operations/s for ${seconds.toFixed(0)} s`;
  const percent = share * 100;
  yield { what: `${where}: of one core`, ours: `${percent.toFixed(1)} %`, goal: atMost(percent, 5, " %") };
  const heap = await heapMiB(devtools);
  yield { what: `${where}: heap`, ours: `${heap.toFixed(1)} MiB`, goal: atMost(heap, 60, " MiB") };
  yield { what: `${where}: growth of the heap`, ours: `${(heap - heapBefore).toFixed(2)} MiB` };
  await close();
}

/** Scrolls until no older rows come; answers how many there are. */
async function scrollToEnd(page: Page): Promise<number> {
  const rows = () => page.evaluate(`Number(document.querySelector(".grid").getAttribute("aria-rowcount")) - 1`);
  const deadline = performance.now() + 240_000;
  for (let known = -1; ;) {
    const now = Number(await rows());
    if (now >= operations || performance.now() > deadline) return now;
    if (now !== known) await page.evaluate(`document.querySelector(".grid").scrollTop = 1e9`);
    known = now;
    await page.evaluate("new Promise(requestAnimationFrame)");
  }
}

/** 120 pixels a frame for 10 seconds, back from the end; answers the milliseconds of each frame. */
const scrollBack = `new Promise((resolve) => {
  const grid = document.querySelector(".grid");
  const frames = [];
  let last = performance.now();
  const step = (now) => {
    frames.push(now - last);
    last = now;
    grid.scrollTop -= 120;
    if (frames.length < 600) requestAnimationFrame(step);
    else resolve(frames.slice(1));
  };
  requestAnimationFrame(step);
})`;

async function* longHistory(bed: GuiBed): AsyncGenerator<Row> {
  const { page, devtools, close } = await bed.open();
  await page.evaluate("location.hash = '#/history'");
  await page.waitForSelector(".grid-row");
  const startedMs = performance.now();
  const rows = await scrollToEnd(page);
  const took = (performance.now() - startedMs) / 1_000;
  yield { what: `history: all of ${rows} rows brought by scrolling to the end`, ours: `${took.toFixed(1)} s` };
  const frames = (await page.evaluate(scrollBack)) as number[];
  const middle = median(frames);
  const what = `history of ${rows} rows scrolled: a frame`;
  yield { what, ours: `${middle.toFixed(1)} ms`, goal: atMost(middle, 16.9, " ms") };
  const late = frames.filter((ms) => ms > 34).length;
  yield { what: `${what} that was late by more than one`, ours: `${late} of ${frames.length}` };
  const heap = await heapMiB(devtools);
  yield { what: `history of ${rows} rows: heap`, ours: `${heap.toFixed(1)} MiB`, goal: atMost(heap, 60, " MiB") };
  await close();
}

async function* overBed(): AsyncGenerator<Row> {
  const bed = await startGuiBed(instances, operations);
  try {
    yield* coldStarts(bed);
    yield* liveUpdates(bed, Number(values.minutes));
    yield* longHistory(bed);
  } finally {
    await bed.close();
  }
}

const rows: Row[] = [];
for (const part of [sizes, overBed])
  for await (const row of part()) {
    rows.push(row);
    console.error(`${row.what}: ${row.ours}`);
  }
console.log(`load of the machine: ${loadavg()[0]?.toFixed(1)}\n\n${tableOf(rows)}`);
process.exit(rows.some(({ goal }) => goal?.isMet === false) ? 1 : 0);
