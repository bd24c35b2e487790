/** One recording and its power cuts, in a process and a mount namespace of their own: `bun worker.ts '{…}'`. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { dist } from "../../../build/tools.ts";
import { createJudge } from "./judge.ts";
import { keep, load } from "./keep.ts";
import { mount } from "./kernel.ts";
import { createReplay, type Kind, pointOf, pointsOf, type PointsWanted, textOf } from "./points.ts";
import { mountIn, promisedBy, record, type Recorded, Unplayed } from "./record.ts";
import { scenarioOf } from "./scenarios/scenarios.ts";
import { parseWriteLog } from "./write-log.ts";

/** A new recording and points of it by seed, or one point of a recording that was kept. */
export type Work =
  | { readonly fileSystem: string; readonly scenario: string; readonly points: PointsWanted }
  | { readonly kept: string; readonly point: string };

export interface Problem {
  /** Absent: before power was cut at all. */
  readonly point?: string;
  readonly why: string;
}

export interface WorkerReport {
  /** Writes, discards and flushes that were recorded. */
  readonly entries: number;
  readonly acknowledged: number;
  readonly judged: Readonly<Record<Kind, number>>;
  /** How often the file system itself did not mount what a prefix of its writes never leaves, by kind and reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly failures: readonly Problem[];
  /** Where the recording is, when something failed in it. */
  readonly kept?: string;
}

interface WorkerOrder {
  readonly work: Work;
  /** Becomes a disk in memory, seen by the worker alone: outside it stays empty. */
  readonly folder: string;
}

const memory = "size=3g,mode=700";

/** Runs a worker; it, its mounts and what it starts end with this process, however that ends. */
export async function runWorker(work: Work): Promise<WorkerReport> {
  const folder = join(dist, ".cache", "cuts");
  mkdirSync(folder, { recursive: true });
  const order: WorkerOrder = { work, folder };
  const alone = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount"];
  const worker = Bun.spawn([...alone, process.execPath, import.meta.path, JSON.stringify(order)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [report, said] = await Promise.all([new Response(worker.stdout).text(), new Response(worker.stderr).text()]);
  if ((await worker.exited) !== 0) throw new Error(`${JSON.stringify(work)}: ${said.trim()}`);
  return JSON.parse(report) as WorkerReport;
}

const nothing = {
  entries: 0,
  acknowledged: 0,
  judged: { prefix: 0, subset: 0, torn512: 0, torn4096: 0 },
  refused: {},
};

if (import.meta.main) {
  const { work, folder } = JSON.parse(process.argv[2] ?? "") as WorkerOrder;
  const refused = mount("tmpfs", folder, "tmpfs", memory);
  if (refused !== undefined) throw new Error(`no disk in memory: ${refused}`);
  mkdirSync(mountIn(folder));
  process.stdout.write(`${JSON.stringify(await reportOf(work, folder))}\n`);
  process.exit(0);
}

async function reportOf(work: Work, folder: string): Promise<WorkerReport> {
  if ("kept" in work) return judgeAll(work, load(work.kept, folder), folder);
  try {
    return await judgeAll(work, await record({ ...work, folder, seed: work.points.seed }), folder);
  } catch (error) {
    if (!(error instanceof Unplayed)) throw error;
    return { ...nothing, failures: [{ why: error.message }] };
  }
}

async function judgeAll(work: Work, recorded: Recorded, folder: string): Promise<WorkerReport> {
  const { fileSystem, base, notes, writeLog } = recorded;
  const entries = parseWriteLog(writeLog);
  const points = "kept" in work ? [pointOf(work.point)] : pointsOf(entries, work.points);
  const judge = createJudge(fileSystem, base.bytes, folder, mountIn(folder));
  const imageAt = createReplay(base, entries);
  const { isDamaged = false } = scenarioOf(recorded.scenario);
  const judged: Record<Kind, number> = { ...nothing.judged };
  const refused: Record<string, number> = {};
  const failures: Problem[] = [];
  for (const point of points) {
    const verdict = await judge.judge(imageAt(point), { notes: promisedBy(entries, notes, point.upTo), isDamaged });
    judged[point.kind]++;
    if (verdict.kind === "refused" && point.kind !== "prefix") {
      const what = `${point.kind} ${verdict.why}`;
      refused[what] = (refused[what] ?? 0) + 1;
    } else if (verdict.kind !== "held") failures.push({ point: textOf(point), why: verdict.why });
  }
  judge.close();
  const acknowledged = notes.filter(({ kind }) => kind === "acknowledged").length;
  const about = { entries: entries.length, acknowledged, judged, refused, failures };
  return "points" in work && failures.length > 0 ? { ...about, kept: keep(recorded, folder) } : about;
}
