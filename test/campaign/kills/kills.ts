/** Kills the daemon's core at every call that changes its data directory, and judges what is left. */
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { ensureExecutable } from "../../../build/compile.ts";
import type { Failure, Findings, Order, Part } from "../part.ts";
import { compiledName, sweepCompiled } from "./compiled.ts";
import { type Job, jobsFor } from "./jobs.ts";
import type { Judged, Kill, Point } from "./sweep.ts";
import { buildVictim, scratchFolder } from "./victim-build.ts";
import type { Done } from "./worker.ts";

/** More would only wait for each other. */
const workersMax = 4;

export const kills: Part = {
  name: "kills",
  what:
    "SIGKILL at every call that changes the data directory, and in the middle of writes, of the daemon's core with machines " +
    "that outlive it, and of its recovery; at some of them of the compiled daemon. What was acknowledged is there once, the log verifies, belief meets the machines.",
  run: sweepJobs,
};

async function sweepJobs({ size, seed, tell }: Order): Promise<Findings> {
  const scratch = mkdtempSync(join(scratchFolder(), "strata-kills-"));
  const jobs = jobsFor(size, seed);
  const done: Done[] = [];
  const queue = [...jobs];
  const workers: Worker[] = [];
  try {
    const victim = await buildVictim(scratch);
    const count = Math.min(workersMax, availableParallelism());
    for (let index = 0; index < count; index++) workers.push(startWorker(scratch, victim));
    await Promise.all(
      workers.map(async (worker) => {
        for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
          done.push(await worker.sweep(job));
          tell(`${done.length} of ${jobs.length} sweeps, ${pointsOf(done).length} points`);
        }
      }),
    );
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    rmSync(scratch, { recursive: true, force: true });
  }
  await ensureExecutable();
  tell("kills of the compiled daemon");
  return findingsOf([...done, { job: compiledJob(seed), judged: await sweepCompiled(seed, compiledPoints[size]) }]);
}

const compiledPoints = { sample: 2, full: 40 };
const compiledJob = (seed: number): Job => ({
  scenario: compiledName,
  seed,
  pointsMax: 0,
  recoveries: 0,
  recoveryPointsMax: 0,
});

interface Worker {
  sweep(job: Job): Promise<Done>;
  stop(): Promise<void>;
}

/** Rejects what is asked of it when it ends in the middle: then nothing of the sweep is known. */
function startWorker(scratch: string, victim: string): Worker {
  let answer = Promise.withResolvers<Done>();
  const ready = Promise.withResolvers<void>();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "worker.ts"), scratch, victim], {
    stdio: ["ignore", "inherit", "inherit"],
    // The runtime's C compiler puts its headers there.
    env: { ...process.env, BUN_TMPDIR: scratch },
    ipc: (message: "ready" | Done) => (message === "ready" ? ready.resolve() : answer.resolve(message)),
  });
  void child.exited.then(() => {
    const error = new Error(`a worker ended: ${child.exitCode ?? child.signalCode}`);
    ready.reject(error);
    answer.reject(error);
  });
  ready.promise.catch(() => undefined);
  answer.promise.catch(() => undefined);
  return {
    sweep: async (job) => {
      await ready.promise;
      answer = Promise.withResolvers();
      child.send(job);
      return answer.promise;
    },
    stop: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

const pointsOf = (done: readonly Done[]): Judged[] =>
  done.flatMap(({ judged }) => judged.filter(({ call }) => call !== undefined));

function findingsOf(done: readonly Done[]): Findings {
  const points = pointsOf(done);
  const all = done.flatMap(({ judged }) => judged);
  const calls = Map.groupBy(points, ({ call }) => call?.name ?? "");
  const sum = (of: (judged: Judged) => number) => points.reduce((total, judged) => total + of(judged), 0);
  return {
    points: points.length,
    failures: [...done.flatMap(brokenJob), ...all.flatMap(failureOf)],
    figures: {
      scenarios: new Set(done.map(({ job }) => job.scenario)).size,
      "scenarios with their seeds": done.length,
      "kills of the compiled daemon": sum(({ point }) => (point.scenario === compiledName ? 1 : 0)),
      "kills in recovery": sum(({ point }) => (point.second === undefined ? 0 : 1)),
      "kills in the middle of a write": sum(({ point }) => ((point.second ?? point.kill).sixteenths > 0 ? 1 : 0)),
      "kills that came too late": all.length - points.length,
      "acknowledged commands": sum(({ acked }) => acked),
      "durable records": sum(({ durable }) => durable),
      "starts that cut a torn end": sum(({ isRepaired }) => (isRepaired ? 1 : 0)),
      ...Object.fromEntries([...calls].sort().map(([name, met]) => [`killed at ${name}`, met.length])),
    },
  };
}

const again = "bun test/campaign/kills/again.ts";
const brokenJob = ({ job: { scenario, seed }, failure }: Done): Failure[] =>
  failure === undefined ? [] : [{ what: `${scenario} ${seed}: ${failure}`, again: `${again} ${scenario} ${seed} 0` }];

function failureOf({ point, call, wrong }: Judged): Failure[] {
  if (wrong === undefined) return [];
  const where = call === undefined ? "" : `, killed at ${call.name} of ${call.path.replace(/^.*\/data/, "data")}`;
  return [{ what: `${point.scenario}${where}: ${wrong}`, again: `${again} ${wordsOf(point)}` }];
}

const killText = ({ at, sixteenths }: Kill): string => (sixteenths === 0 ? `${at}` : `${at}.${sixteenths}`);
const wordsOf = ({ scenario, seed, kill, second }: Point): string =>
  [scenario, seed, killText(kill), ...(second ? [killText(second)] : [])].join(" ");
