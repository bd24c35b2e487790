/** The disk of a running machine goes on in another layer: while its file systems stand still, or together with its memory. */
import type { FreezePlan } from "../driver.ts";
import type { Agent } from "./agent.ts";
import { switchTop } from "./disk.ts";
import type { Outcome } from "./disk-note.ts";
import { withMemory } from "./freeze-memory.ts";
import { prepareLayer } from "./freeze-work.ts";
import type { Work } from "./freeze-work.ts";
import type { Life, Running } from "./life.ts";
import type { Qmp } from "./qmp.ts";
import { findAgent, freezeFileSystems, thaw } from "./quiet.ts";
import { forgetFreeze, writeRun } from "./run-record.ts";
import type { Freezing } from "./run-record.ts";
import { settleFreeze } from "./unfinished.ts";

/** What became of it; undefined: the guest powered itself off before the switch, so that the machine is off, on its old top. */
export async function freezeRunning(
  life: Life,
  running: Running,
  qmp: Qmp,
  plan: FreezePlan,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { layer, next, memory } = plan;
  const freezing: Freezing = { layer, next, ...(memory !== undefined && { memory }) };
  const work = { life, qmp, plan, running, record: { ...running.record, freezing } };
  try {
    await writeRun(life.context.files, life.paths.run, work.record);
    const outcome = memory === undefined ? await withoutMemory(work, signal) : await withMemory(work, memory, signal);
    await forget(life);
    return outcome;
  } catch (error) {
    await undo(work);
    throw error;
  }
}

/** After a failure: what was not switched is as it was. Where that cannot be done now, the next look at the machine does it. */
async function undo({ life, qmp, record }: Work): Promise<void> {
  try {
    await settleFreeze(life, record.freezing, qmp);
    await forget(life);
  } catch {
    // It is on record.
  }
}

/** What is on record of the freeze has done its duty, unless the guest's agent is late. */
async function forget({ context, paths, thawing }: Life): Promise<void> {
  if (thawing === undefined) await forgetFreeze(context.files, paths.run);
}

/** With the guest's agent, if there is one that answers. */
async function withoutMemory(work: Work, signal: AbortSignal): Promise<Outcome> {
  const { life, qmp, plan } = work;
  await prepareLayer(work, signal);
  const agent = await findAgent(life, qmp, signal);
  if (agent !== undefined) return quietly(work, agent);
  const { clock } = life.context;
  const beganMs = clock.monotonicMs();
  await switchTop(qmp, plan.next);
  return { consistency: "crash", pausedMs: Math.round(clock.monotonicMs() - beganMs) };
}

async function quietly({ life, qmp, plan, record }: Work, agent: Agent): Promise<Outcome> {
  const { context, paths } = life;
  const { clock } = context;
  // Before it is asked: whoever finds this lets the file systems go on.
  const asked = { ...record, freezing: { ...record.freezing, isQuiet: true } };
  await writeRun(context.files, paths.run, asked).catch((error: unknown) => {
    agent.close();
    throw error;
  });
  const isQuiet = await freezeFileSystems(agent);
  const beganMs = clock.monotonicMs();
  await switchTop(qmp, plan.next).finally(() => thaw(life, agent));
  return { consistency: isQuiet ? "quiet" : "crash", pausedMs: Math.round(clock.monotonicMs() - beganMs) };
}
