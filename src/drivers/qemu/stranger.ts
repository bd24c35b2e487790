/** A machine that goes on from another one's memory: connected to nothing until its guest has become another. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { CreatePlan, IdentityPlan } from "../driver.ts";
import type { Agent } from "./agent.ts";
import { hubId, sshForward, userNetwork } from "./args.ts";
import type { QemuContext } from "./context.ts";
import { parseHardware } from "./hardware.ts";
import type { QemuHardware } from "./hardware.ts";
import { bootDeadlineMs, connect, isRunning, judge } from "./life.ts";
import type { Life } from "./life.ts";
import type { MachinePaths } from "./paths.ts";
import type { Qmp } from "./qmp.ts";
import { findAgent } from "./quiet.ts";
import { checkPoint, place } from "./rewind.ts";

/** A guest that goes on says within a moment whether its agent holds its port open. */
const agentDeadlineMs = 3_000;
const agentPauseMs = 20;
/** One question to the agent, which may be slow on a busy host. */
const answerMs = 15_000;
const scriptDeadlineMs = 60_000;
const scriptPauseMs = 10;

/** Puts the memory in its place, for the first start. Answers the hardware that it was saved from. */
export async function beginWarm(
  context: QemuContext,
  paths: MachinePaths,
  layer: string,
  { kept, hardware }: NonNullable<CreatePlan["warm"]>,
  signal: AbortSignal,
): Promise<QemuHardware> {
  await checkPoint(context, { layer, kept }, signal);
  await place(context, paths, kept);
  return parseHardware(hardware);
}

/** The memory brought the other one's leases along: the network begins anew, with the address that is the machine's own. */
export async function renewNetwork(qmp: Qmp, address: string): Promise<void> {
  await qmp.execute("netdev_del", { id: "net0" });
  const options = { ...userNetwork, ipv6: false, dhcpstart: address, hostfwd: [{ str: sshForward(address) }] };
  await qmp.execute("netdev_add", { type: "user", id: "net0", ...options });
}

/** Its card gets the cable to the network. Plugged in already: confirms. */
async function plugIn(qmp: Qmp): Promise<void> {
  await qmp.execute("netdev_add", { type: "hubport", id: "plug1", hubid: hubId, netdev: "net0" }).catch(refuseOthers);
}

function refuseOthers(error: unknown): void {
  if (!(error instanceof UserError && error.message.includes("Duplicate ID"))) throw error;
}

/** Throws `machine-not-running`, `agent-missing` or `identity-refused`. */
export async function identify(life: Life, { before, after }: IdentityPlan, signal: AbortSignal): Promise<void> {
  const seen = await judge(life, signal);
  if (!isRunning(seen)) throw new UserError("machine-not-running", "the machine does not run");
  const qmp = await connect(life, seen.identity, bootDeadlineMs, signal);
  const agent = await awaitAgent(life, qmp, signal);
  try {
    await runScript(life, agent, before, signal);
    await plugIn(qmp);
    await runScript(life, agent, after, signal);
  } finally {
    agent.close();
  }
}

async function awaitAgent(life: Life, qmp: Qmp, signal: AbortSignal): Promise<Agent> {
  const { clock } = life.context;
  const late = clock.monotonicMs() + agentDeadlineMs;
  for (;;) {
    const agent = await findAgent(life, qmp, signal);
    if (agent !== undefined) return agent;
    if (clock.monotonicMs() > late)
      throw new UserError("agent-missing", "no agent in the guest answers, so it cannot be told who it is");
    await clock.sleep(agentPauseMs, signal);
  }
}

const Begun = z.object({ pid: z.int() });
const Status = z.object({ exited: z.boolean(), exitcode: z.int().optional(), "err-data": z.string().optional() });

/** The script goes in as a shell's input, where no list of processes shows it. */
async function runScript({ context }: Life, agent: Agent, script: string, signal: AbortSignal): Promise<void> {
  const { clock } = context;
  const late = clock.monotonicMs() + scriptDeadlineMs;
  const input = Buffer.from(script).toString("base64");
  const begin = { path: "/bin/sh", "input-data": input, "capture-output": true };
  const { pid } = Begun.parse(await agent.execute("guest-exec", answerMs, begin));
  for (;;) {
    const status = Status.parse(await agent.execute("guest-exec-status", answerMs, { pid }));
    if (status.exited && status.exitcode === 0) return;
    if (status.exited) throw refused(Buffer.from(status["err-data"] ?? "", "base64").toString());
    if (clock.monotonicMs() > late) throw refused(`it is not done after ${scriptDeadlineMs / 1000} s`);
    await clock.sleep(scriptPauseMs, signal);
  }
}

const refused = (said: string) =>
  new UserError("identity-refused", `the guest does not take its identity: ${said.trim().split("\n").at(-1) || "?"}`);
