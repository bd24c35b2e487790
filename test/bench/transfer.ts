/**
 * `transfer` against `scp` to the same guest: one large file and a folder of small ones, each way, in interleaved pairs; and how
 * much memory the client takes at most. `bun test/bench/transfer.ts [IMAGE [MIB [FILES [PAIRS]]]]`; the goals are for 1024 MiB and
 * 10000 files.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, type Home } from "../e2e/harness.ts";
import { run, sshOptions } from "./by-hand.ts";
import { wayInto } from "./figures.ts";
import { type Compared, compare, inTime } from "./measure.ts";
import { type Row, tableOf } from "./row.ts";

const [image = "tiny", mebibytes = "64", count = "1000", pairs = "1"] = process.argv.slice(2);
const speedMin = 0.8;
const smallBytes = 1000;
/** A Debian that boots on two busy cores takes minutes. */
const patienceMs = 900_000;
/** The first value of an option counts. */
const patient = ["-o", "ConnectTimeout=60"];

const home = createHome();
try {
  console.log(tableOf(await measure(home)));
} finally {
  await home.close();
}

async function measure({ directory, run: strata }: Home): Promise<Row[]> {
  const ok = async (...words: string[]) => {
    const { code, stderr } = await strata(words, { timeoutMs: patienceMs });
    mustWork(code, stderr);
  };
  await ok("launch", image, "--name", "web", "--memory", image === "tiny" ? "256M" : "1G");
  const { keyFile, at } = await wayInto(home, "web");
  const scp = async (...words: string[]) =>
    mustWork(await run(["scp", "-q", ...patient, ...sshOptions, "-i", keyFile, "-P", String(at), ...words]));
  const ours = async (...words: string[]) => {
    const { code, stderr } = await strata(["transfer", ...words], { timeoutMs: patienceMs });
    mustWork(code, stderr);
  };
  makeFiles(directory);
  const here = (name: string) => join(directory, name);
  const fresh = async (name: string) => {
    rmSync(here("back"), { recursive: true, force: true });
    mkdirSync(here("back"));
    await ok("exec", "web", "--", "rm", "-rf", name);
  };
  const rows: Row[] = [];
  for (const [name, what] of [
    ["large", `${mebibytes} MiB`],
    ["small", `${count} small files`],
  ] as const) {
    const flags = name === "small" ? ["-r"] : [];
    await fresh(name);
    const up = await inTurns(
      () => ours(...flags, here(name), "web:"),
      () => scp(...flags, here(name), "ubuntu@127.0.0.1:"),
      () => fresh(name),
    );
    tell(rows, rowOf(`${what} up; bare: scp`, up));
    await ours(...flags, here(name), "web:");
    const down = await inTurns(
      () => ours(...flags, `web:${name}`, here("back")),
      () => scp(...flags, `ubuntu@127.0.0.1:${name}`, here("back")),
      async () => rmSync(join(here("back"), name), { recursive: true, force: true }),
    );
    tell(rows, rowOf(`${what} down; bare: scp`, down));
  }
  return rows;
}

/** What is measured is told at once: the rest takes long, and may fail. */
function tell(rows: Row[], row: Row): void {
  rows.push(row);
  console.error(`${row.what}: ${row.ours}, bare ${row.bare}, ratio ${row.ratio?.toFixed(2)}`);
}

/** Both begin with nothing there; what clearing away takes is not counted. */
async function inTurns(ours: () => Promise<void>, bare: () => Promise<void>, clear: () => Promise<void>) {
  const ratios: Compared[] = [];
  for (let pair = 0; pair < Number(pairs); pair++) {
    await clear();
    const mine = await compare(1, ours, clear);
    await clear();
    const theirs = await compare(1, bare, clear);
    ratios.push({ ours: mine.ours, bare: theirs.ours, ratio: mine.ours / theirs.ours });
  }
  return ratios.toSorted((a, b) => a.ratio - b.ratio)[ratios.length >> 1];
}

function rowOf(what: string, compared: Compared | undefined): Row {
  const { ours = Number.NaN, bare = Number.NaN, ratio = Number.NaN } = compared ?? {};
  return {
    what,
    ours: inTime(ours),
    bare: inTime(bare),
    ratio,
    goal: { text: `at least ${speedMin} of its speed`, isMet: ratio <= 1 / speedMin },
  };
}

function makeFiles(directory: string): void {
  Bun.spawnSync(["sh", "-c", `head -c ${Number(mebibytes) * 2 ** 20} /dev/urandom > ${join(directory, "large")}`]);
  mkdirSync(join(directory, "small"));
  const content = crypto.getRandomValues(new Uint8Array(smallBytes));
  for (let index = 0; index < Number(count); index++) {
    const folder = join(directory, "small", String(index % 10));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${index}`), content);
  }
}

function mustWork(code: number, stderr = ""): void {
  if (code !== 0) throw new Error(`it ended with exit code ${code}: ${stderr}`);
}
