/** A process that sweeps what it is given: the tracer blocks, so that each worker is one. */
import { join } from "node:path";
import { messageOf } from "../../../src/errors.ts";
import { type Job, spread } from "./jobs.ts";
import { type Judged, killsOf, openSweep, type Sweep } from "./sweep.ts";

export interface Done {
  readonly job: Job;
  readonly judged: readonly Judged[];
  /** The scenario could not be attacked. */
  readonly failure?: string;
}

const [scratch = "", victim = ""] = process.argv.slice(2);

async function sweepAll(sweep: Sweep, job: Job): Promise<Judged[]> {
  const judged: Judged[] = [];
  const kills = spread(killsOf(sweep.calls(), job.seed), job.pointsMax, job.seed);
  for (const kill of kills) judged.push(await sweep.judge(kill));
  for (const kill of spread(kills, job.recoveries, job.seed + 1)) {
    const seconds = killsOf(sweep.recoveryCalls(kill), job.seed);
    for (const second of spread(seconds, job.recoveryPointsMax, job.seed)) judged.push(await sweep.judge(kill, second));
  }
  return judged;
}

async function work(job: Job): Promise<Done> {
  try {
    const sweep = await openSweep({ scratch: join(scratch, String(process.pid)), victim }, job.scenario, job.seed);
    const judged = await sweepAll(sweep, job);
    sweep.close();
    return { job, judged };
  } catch (error) {
    return { job, judged: [], failure: messageOf(error) };
  }
}

process.on("message", (job: Job) => void work(job).then((done) => process.send?.(done)));
process.send?.("ready");
