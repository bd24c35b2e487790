/** `strata audit repair`: while no daemon runs, puts lost records back from a copy and records that it did. */
import type { RestoreReport } from "../../../model/audit.ts";
import type { Clock } from "../../../sys/clock.ts";
import type { Ids } from "../../../sys/ids.ts";
import { lockDirectory } from "../../../sys/lock.ts";
import type { Actor } from "../../envelope.ts";
import { openLog } from "../log.ts";
import { planRestore, restore } from "./restore.ts";
import type { Restoration, RestoreOptions } from "./restore.ts";

export interface RepairFromOptions extends RestoreOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly by: Actor;
  /** False: only the plan. */
  readonly isWanted: boolean;
}

/** Throws `daemon-running` besides what `planRestore` throws. */
export async function repairFrom(options: RepairFromOptions): Promise<RestoreReport> {
  const { directory, files, clock, ids, by, isWanted } = options;
  const { plan, replaced } = await whileLocked(options, async ({ plan, segments }) => ({
    plan,
    replaced: isWanted ? await restore(options, segments) : [],
  }));
  if (!isWanted) return { ...plan, isDone: false };
  const { log } = await openLog({ directory, files, clock, ids });
  try {
    const about = { type: "log.repaired", version: 1, stream: `log/${log.id}` };
    const restored = { from: plan.first, to: plan.last, records: plan.records };
    const events = replaced.map((each) => ({ ...about, data: { ...each, restored } }));
    await log.append({ events, command: ids.next(), by }).durable;
  } finally {
    await log.close();
  }
  return { ...plan, isDone: true };
}

async function whileLocked<Value>(
  options: RestoreOptions,
  work: (restoration: Restoration) => Promise<Value>,
): Promise<Value> {
  const lock = await lockDirectory(options.files, options.directory);
  try {
    return await work(await planRestore(options));
  } finally {
    await lock.release();
  }
}
