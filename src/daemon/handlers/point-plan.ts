/** The dry run of a restore or a fork: decided as it would be, and measured; nothing is recorded. */
import type { Input, Output } from "../../api/contract.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { planFork, planRestore } from "../../events/plan-restore.ts";
import { findPoint } from "../find-point.ts";
import { forkCommand, restoreCommand } from "../point-commands.ts";
import { resolveInstance } from "../resolve.ts";
import type { Daemon } from "./context.ts";
import { rowsUpTo } from "./reading.ts";

/** How long the last one took says nothing after that. */
const lookBackMs = 90 * 86_400_000;

/** Throws what the restore or the fork would be refused with. */
export async function planPoint(daemon: Daemon, input: Input<"point.plan">): Promise<Output<"point.plan">> {
  const { dispatcher, clock, log, ids } = daemon;
  const state = await dispatcher.read((world) => resolveInstance(world, input.instance));
  const found = await findPoint(log, state, input.point, clock.now().getTime());
  if (input.what === "fork") {
    const fork = forkCommand(daemon, input, state, found.point);
    return { ...(await dispatcher.read((world) => planFork(fork(world, ids.next()), state, world))), ...found };
  }
  const restore = restoreCommand(daemon, input, found.point);
  const plan = await dispatcher.read((world) => planRestore(restore(world, ids.next()), state, found.point, world));
  const lastMs = await lastRestoreMs(daemon, state);
  const branchBytes = plan.branch && (await topBytes(daemon, state));
  return {
    ...plan,
    ...found,
    ...(lastMs !== undefined && { lastMs }),
    ...(branchBytes !== undefined && { branchBytes }),
  };
}

/** What the writable top takes by now; undefined where a driver keeps it elsewhere. */
async function topBytes({ files, config }: Daemon, { layer }: InstanceState): Promise<number | undefined> {
  return (await files.stat(`${config.directory}/layers/${layer}.qcow2`))?.allocatedBytes;
}

async function lastRestoreMs(daemon: Daemon, { id }: InstanceState): Promise<number | undefined> {
  const since = new Date(daemon.clock.now().getTime() - lookBackMs).toISOString();
  const stream = `instance/${id}`;
  const rows = await rowsUpTo(
    daemon,
    { type: "restore", since, stream, limit: 1, reverse: false },
    daemon.log.durable(),
  );
  return rows[0]?.durationMs;
}
