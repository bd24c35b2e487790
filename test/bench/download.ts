/**
 * A download of 1 GiB from loopback, verified and stored, against `curl | sha256sum`: interleaved pairs, their medians, and how
 * our memory grew in the first eighth and in all the rest. `bun test/bench/download.ts [PAIRS [MIB]]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDownloads } from "../../src/images/download.ts";
import { createVault } from "../../src/images/vault.ts";
import { createWeb } from "../../src/images/web.ts";
import { systemClock as clock } from "../../src/sys/clock.ts";
import { systemFiles as files } from "../../src/sys/files.ts";
import { systemIds as ids } from "../../src/sys/ids.ts";

const bytes = Number(process.argv[3] ?? 1024) * 2 ** 20;
const pairs = Number(process.argv[2] ?? 3);
const goal = 0.7;
/** The first download loads what downloading needs, and fills the buffers that stay. */
const warmPart = 1 / 8;

if (process.argv[2] === "serve") serve(process.argv[3] ?? "");
else await measure();

/** A process of its own, so that it does not share our memory and our loop. */
function serve(path: string): void {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(Bun.file(path)) });
  process.stdout.write(`${server.port}\n`);
}

async function measure(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "strata-bench-"));
  const image = join(directory, "image");
  Bun.spawnSync(["sh", "-c", `head -c ${bytes} /dev/urandom > ${image}`]);
  const server = Bun.spawn([process.execPath, import.meta.path, "serve", image], { stdout: "pipe" });
  try {
    const { value } = await server.stdout.getReader().read();
    const url = `http://127.0.0.1:${new TextDecoder().decode(value).trim()}/image`;
    await runPairs(directory, url);
  } finally {
    server.kill();
    rmSync(directory, { recursive: true });
  }
}

async function runPairs(directory: string, url: string): Promise<void> {
  const ratios: number[] = [];
  let before = 0;
  let [warm, most] = [0, 0];
  for (let pair = 0; pair < pairs; pair++) {
    const { ms: theirs, sha256 } = await byCurl(url);
    before ||= process.memoryUsage.rss();
    const ours = await byUs(join(directory, String(pair)), url, `sha256:${sha256}`, (done) => {
      const now = process.memoryUsage.rss();
      if (pair === 0 && done <= bytes * warmPart) warm = Math.max(warm, now);
      else most = Math.max(most, now);
    });
    ratios.push(theirs / ours);
    console.log(
      `pair ${pair + 1}: curl | sha256sum ${speed(theirs)}, strata ${speed(ours)}, ratio ${(theirs / ours).toFixed(2)}`,
    );
  }
  const median = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 0;
  console.log(
    `download: ${median.toFixed(2)} of curl's throughput (goal: at least ${goal}); memory grew by ${mebibytes(warm - before)} MiB in the first eighth, by ${mebibytes(most - warm)} more after it`,
  );
}

function mebibytes(count: number): number {
  return Math.round(count / 2 ** 20);
}

/** Bytes of 10^6 a second. */
function speed(ms: number): string {
  return `${Math.round(bytes / 1000 / ms)} MB/s`;
}

async function byCurl(url: string): Promise<{ ms: number; sha256: string }> {
  const started = performance.now();
  const child = Bun.spawn(["sh", "-c", `curl -s ${url} | sha256sum`], { stdout: "pipe" });
  const text = await new Response(child.stdout).text();
  return { ms: performance.now() - started, sha256: text.split(" ")[0] ?? "" };
}

async function byUs(directory: string, url: string, digest: string, look: (done: number) => void): Promise<number> {
  const vault = createVault({ directory, files, ids });
  const inspect = async () => ({ format: "raw" as const, virtualSize: bytes });
  const ports = { directory: `${directory}/partial`, files, clock, web: createWeb({ files }), vault, inspect };
  const started = performance.now();
  await createDownloads(ports).bring(
    { url, digest, bytes },
    {
      outside: { proxies: {} },
      signal: new AbortController().signal,
      progress: look,
      say: () => {},
      extracting: () => {},
      begins: () => {},
    },
  );
  const ms = performance.now() - started;
  rmSync(directory, { recursive: true });
  return ms;
}
