/** Shell scripts that the guest's agent runs as root: no network, no login. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { Agent } from "./agent.ts";
import { bootDeadlineMs, connect, isRunning, judge } from "./life.ts";
import type { Life } from "./life.ts";
import type { Qmp } from "./qmp.ts";
import { findAgent } from "./quiet.ts";

/** A guest that goes on says within a moment whether its agent holds its port open. */
const agentDeadlineMs = 3_000;
const agentPauseMs = 10;
/** One question to the agent, which may be slow on a busy host. */
const answerMs = 15_000;
const scriptDeadlineMs = 60_000;
const scriptPauseMs = 5;

/** Throws `machine-not-running`, `agent-missing` or `agent-refused`. */
export async function instruct(life: Life, script: string, signal: AbortSignal): Promise<string> {
  const seen = await judge(life, signal);
  if (!isRunning(seen)) throw new UserError("machine-not-running", "the machine does not run");
  const qmp = await connect(life, seen.identity, bootDeadlineMs, signal);
  const agent = await awaitAgent(life, qmp, signal);
  return runScript(life, agent, script, signal).finally(() => agent.close());
}

export async function awaitAgent(life: Life, qmp: Qmp, signal: AbortSignal): Promise<Agent> {
  const { clock } = life.context;
  const late = clock.monotonicMs() + agentDeadlineMs;
  for (;;) {
    const agent = await findAgent(life, qmp, signal);
    if (agent !== undefined) return agent;
    if (clock.monotonicMs() > late)
      throw new UserError("agent-missing", "no agent in the guest answers, so it cannot be told anything");
    await clock.sleep(agentPauseMs, signal);
  }
}

const Begun = z.object({ pid: z.int() });
const Status = z.object({
  exited: z.boolean(),
  exitcode: z.int().optional(),
  "out-data": z.string().optional(),
  "err-data": z.string().optional(),
});

/** The script goes in as a shell's input, where no list of processes shows it. */
export async function runScript({ context }: Life, agent: Agent, script: string, signal: AbortSignal): Promise<string> {
  const { clock } = context;
  const late = clock.monotonicMs() + scriptDeadlineMs;
  const input = Buffer.from(script).toString("base64");
  const begin = { path: "/bin/sh", "input-data": input, "capture-output": true };
  const { pid } = Begun.parse(await agent.execute("guest-exec", answerMs, begin));
  for (;;) {
    const status = Status.parse(await agent.execute("guest-exec-status", answerMs, { pid }));
    if (status.exited && status.exitcode === 0) return textOf(status["out-data"]);
    if (status.exited) throw refused(textOf(status["err-data"]));
    if (clock.monotonicMs() > late) throw refused(`a script is not done after ${scriptDeadlineMs / 1000} s`);
    await clock.sleep(scriptPauseMs, signal);
  }
}

const textOf = (data = ""): string => Buffer.from(data, "base64").toString();

const refused = (said: string) =>
  new UserError("agent-refused", `the guest's agent could not do it: ${said.trim().split("\n").at(-1) || "no reason"}`);
