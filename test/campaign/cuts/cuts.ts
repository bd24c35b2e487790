/** The part: power cuts while the event log is written, on real file systems. */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { repository } from "../../../build/tools.ts";
import type { Failure, Findings, Order, Part } from "../part.ts";
import { fileSystems } from "./file-systems.ts";
import { kinds } from "./points.ts";
import { ensurePrograms } from "./programs.ts";
import { scenarios } from "./scenarios/scenarios.ts";
import { runWorker, type Work, type WorkerReport } from "./worker.ts";

/** Images of each file system, at least, and of each recording. */
const sizes = {
  sample: { images: 1, perRecording: 12 },
  full: { images: 10_000, perRecording: 400 },
};

/** More than it takes, unless scenarios fail before power is cut. */
const roundsMax = 40;

type Recording = Extract<Work, { points: unknown }>;

interface Done {
  readonly recording: Recording;
  readonly report: WorkerReport;
}

/** Why power cannot be cut here; undefined: it can. */
export function whyNot(): string | undefined {
  if (process.platform !== "linux") return "it needs Linux";
  if (process.getuid?.() !== 0) return "mounting file systems needs root";
  const missing = ["/dev/fuse", "/dev/loop-control"].filter((path) => !existsSync(path));
  return missing.length === 0 ? undefined : `this machine has no ${missing.join(" and no ")}`;
}

export const cuts: Part = {
  name: "cuts",
  what: "Power is cut behind every flush, and between flushes with some of the unflushed writes lost or torn, while the event log is written on ext4, XFS and btrfs: the log opens writable, every acknowledged event is there once and whole, and the audit holds.",
  run: async (order) => {
    const reason = whyNot();
    if (reason !== undefined) return { points: 0, failures: [], figures: { "not run": reason } };
    await ensurePrograms();
    return findingsOf(order, await runAll(order));
  },
};

/** Every scenario on every file system, round after round until there are enough images. */
async function runAll({ size, seed, tell }: Order): Promise<Done[]> {
  const { images, perRecording } = sizes[size];
  const done: Done[] = [];
  const judgedOn = (name: string) =>
    done.reduce((sum, { recording, report }) => sum + (recording.fileSystem === name ? imagesOf(report) : 0), 0);
  for (let round = 0; round < roundsMax; round++) {
    const wanted = fileSystems.filter(({ name }) => judgedOn(name) < images);
    const queue = scenarios.flatMap((scenario) =>
      wanted.map(({ name }): Recording => {
        const points = { seed: seed * 1_000 + round, count: perRecording, isEach: size === "full" };
        return { fileSystem: name, scenario: scenario.name, points };
      }),
    );
    const worker = async () => {
      for (let recording = queue.shift(); recording !== undefined; recording = queue.shift()) {
        done.push({ recording, report: await runWorker(recording) });
        tell(fileSystems.map(({ name }) => `${judgedOn(name)} on ${name}`).join(", "));
      }
    };
    await Promise.all(Array.from({ length: availableParallelism() }, worker));
  }
  return done;
}

const imagesOf = ({ judged }: WorkerReport): number => kinds.reduce((sum, kind) => sum + judged[kind], 0);

function findingsOf({ size, seed }: Order, done: readonly Done[]): Findings {
  const whole = `bun test/campaign/run.ts${size === "full" ? " --full" : ""} --seed ${seed} cuts`;
  const failures = done.flatMap(({ recording: { fileSystem, scenario }, report }) =>
    report.failures.map(({ point = "not cut", why }): Failure => ({
      what: `${fileSystem}, ${scenario}, ${point}: ${why}`,
      again:
        report.kept === undefined
          ? whole
          : `bun test/campaign/cuts/again.ts ${relative(repository, report.kept)} ${point}`,
    })),
  );
  const points = done.reduce((sum, { report }) => sum + imagesOf(report), 0);
  return { points, failures, figures: Object.assign({}, ...fileSystems.map(({ name }) => figuresOf(name, done))) };
}

/** What was judged on one file system. What it refused to mount is told apart: there strata never had its turn. */
function figuresOf(name: string, done: readonly Done[]): Findings["figures"] {
  const reports = done.filter(({ recording }) => recording.fileSystem === name).map(({ report }) => report);
  const sum = (of: (report: WorkerReport) => number) => reports.reduce((total, report) => total + of(report), 0);
  const judged = kinds.map((kind) => `${sum((report) => report.judged[kind])} ${kind}`);
  const reasons = [...new Set(reports.flatMap(({ refused }) => Object.keys(refused)))].sort();
  const refused = reasons.map((reason) => `${sum((report) => report.refused[reason] ?? 0)} ${reason}`);
  return {
    [`${name}, images`]: judged.join(", "),
    [`${name}, not mounted by the kernel`]: refused.join(", ") || "none",
    [`${name}, recorded`]: `${sum(({ entries }) => entries)} writes and flushes in ${reports.length} recordings, ${sum(({ acknowledged }) => acknowledged)} acknowledged batches`,
  };
}
