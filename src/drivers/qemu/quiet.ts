/** File systems of a running guest that stand still for a moment, by its agent; and never for longer, whoever dies or is late. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import { connectAgent } from "./agent.ts";
import type { Agent } from "./agent.ts";
import type { Life } from "./life.ts";
import type { Qmp } from "./qmp.ts";
import { forgetFreeze } from "./run-record.ts";

/** The guest writes out what it has not written yet. */
const freezeDeadlineMs = 10_000;
const thawDeadlineMs = 5_000;
/** Of one try by an agent that was late. */
const slowDeadlineMs = 15_000;
const retryPauseMs = 1_000;
/** Then the next look at the machine begins again. */
const triesMax = 60;
/** How long the next piece of work waits for an agent that is late. */
const patienceMs = 10_000;

const Chardevs = z.array(z.object({ label: z.string(), "frontend-open": z.boolean() }));

/** The guest's agent, if there is one that answers now. */
export async function findAgent(life: Life, qmp: Qmp, signal: AbortSignal): Promise<Agent | undefined> {
  const chardevs = Chardevs.parse(await qmp.execute("query-chardev"));
  if (!chardevs.some(({ label, "frontend-open": isOpen }) => label === "agent" && isOpen)) return undefined;
  try {
    return await connectAgent(life.context, life.paths.agent, signal);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** True when at least one file system stands still. Whatever the answer, `thaw` has to be called. */
export async function freezeFileSystems(agent: Agent): Promise<boolean> {
  const count = await agent.execute("guest-fsfreeze-freeze", freezeDeadlineMs).catch(() => 0);
  return typeof count === "number" && count > 0;
}

/** Lets the file systems go on. False: the agent does not answer; it is asked again and again, and `life.thawing` ends with that. */
export async function thaw(life: Life, agent: Agent): Promise<boolean> {
  if (await tryThaw(agent, thawDeadlineMs)) {
    agent.close();
    return true;
  }
  keepThawing(life, agent);
  return false;
}

/** Goes on asking the agent in the background, unless that is under way. `agent` is the connection on which it was asked. */
export function keepThawing(life: Life, agent?: Agent): void {
  life.thawing ??= thawUntilDone(life, agent).finally(() => (life.thawing = undefined));
}

/** Throws `guest-frozen` when an agent is late with that for longer than a few seconds. */
export async function untilThawed({ thawing, context }: Life, signal: AbortSignal): Promise<void> {
  if (thawing === undefined) return;
  const late = Symbol("late");
  const first = await Promise.race([thawing, context.clock.sleep(patienceMs, signal).then(() => late)]);
  if (first !== late) return;
  throw new UserError(
    "guest-frozen",
    "the guest's file systems stand still since it was asked for a snapshot, and its agent does not answer",
    { hints: [["next", "try again in a minute, or restart the instance"]] },
  );
}

async function thawUntilDone(life: Life, first: Agent | undefined): Promise<void> {
  const { context, paths } = life;
  let agent = first;
  for (let tries = 0; tries < triesMax && !life.isReleased && life.qmp !== undefined; tries++) {
    agent ??= await connectAgent(context, paths.agent, life.closing).catch(() => undefined);
    const isDone = agent !== undefined && (await tryThaw(agent, slowDeadlineMs));
    agent?.close();
    agent = undefined;
    if (isDone) return void life.turns(() => forgetFreeze(context.files, paths.run)).catch(() => undefined);
    await context.clock.sleep(retryPauseMs, life.closing).catch(() => undefined);
  }
  agent?.close();
}

/** One that refuses may have been thawed by somebody else. */
async function tryThaw(agent: Agent, deadlineMs: number): Promise<boolean> {
  try {
    await agent.execute("guest-fsfreeze-thaw", deadlineMs);
    return true;
  } catch (error) {
    if (!(error instanceof UserError && error.code === "agent-refused")) return false;
    return (await agent.execute("guest-fsfreeze-status", deadlineMs).catch(() => undefined)) === "thawed";
  }
}
