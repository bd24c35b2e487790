/** A machine that goes on from another one's memory: connected to nothing until its guest has become another. */
import { UserError } from "../../errors.ts";
import type { CreatePlan, IdentityPlan, StartPlan } from "../driver.ts";
import { raiseWall } from "./wall.ts";
import { hubId, sshForward, userNetwork } from "./args.ts";
import type { QemuContext } from "./context.ts";
import { parseHardware } from "./hardware.ts";
import type { QemuHardware } from "./hardware.ts";
import { bootDeadlineMs, connect, isRunning, judge } from "./life.ts";
import type { Life } from "./life.ts";
import type { MachinePaths } from "./paths.ts";
import type { Qmp } from "./qmp.ts";
import { awaitAgent, runScript } from "./instruct.ts";
import { checkPoint, place } from "./rewind.ts";
import { letIn } from "./set-link.ts";

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
export async function renewNetwork(qmp: Qmp, { address, net, isWalled }: StartPlan): Promise<void> {
  await qmp.execute("netdev_del", { id: "net0" });
  const options = { ...userNetwork(net), ipv6: false, dhcpstart: address, hostfwd: [{ str: sshForward(address) }] };
  await qmp.execute("netdev_add", { type: "user", id: "net0", ...options });
  // It went with the old one.
  if (isWalled) await raiseWall(qmp);
}

/** Its card gets the cable to the network. Plugged in already: confirms. */
async function plugIn(qmp: Qmp): Promise<void> {
  await qmp.execute("netdev_add", { type: "hubport", id: "plug1", hubid: hubId, netdev: "net0" }).catch(refuseOthers);
}

function refuseOthers(error: unknown): void {
  if (!(error instanceof UserError && error.message.includes("Duplicate ID"))) throw error;
}

/** Throws as `instruct`. */
export async function identify(life: Life, { before, after }: IdentityPlan, signal: AbortSignal): Promise<void> {
  const seen = await judge(life, signal);
  if (!isRunning(seen)) throw new UserError("machine-not-running", "the machine does not run");
  const qmp = await connect(life, seen.identity, bootDeadlineMs, signal);
  const agent = await awaitAgent(life, qmp, signal);
  try {
    await runScript(life, agent, before, signal);
    await (seen.record.address === undefined ? plugIn(qmp) : letIn(life, qmp));
    await runScript(life, agent, after, signal);
  } finally {
    agent.close();
  }
}
