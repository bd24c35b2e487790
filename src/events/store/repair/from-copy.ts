/** `strata audit repair`: while no daemon runs, puts lost records back from a copy and records that it did. */
import type { RestoreReport } from "../../../model/audit.ts";
import type { Clock } from "../../../sys/clock.ts";
import type { Ids } from "../../../sys/ids.ts";
import { lockDirectory } from "../../../sys/lock.ts";
import type { Actor } from "../../envelope.ts";
import { openLog } from "../log.ts";
import { oweRepairs } from "./owed.ts";
import { keepOld, planRestore, restore } from "./restore.ts";
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
  const { directory, files, clock, ids, isWanted } = options;
  const plan = await whileLocked(options, async (restoration) => {
    if (isWanted) await carryOut(options, restoration);
    return restoration.plan;
  });
  if (!isWanted) return { ...plan, isDone: false };
  // To open it is to record what is owed.
  const { log } = await openLog({ directory, files, clock, ids });
  const mode = log.mode();
  await log.close();
  if (mode.kind === "read-only") throw mode.error;
  return { ...plan, isDone: true };
}

async function carryOut(options: RepairFromOptions, { plan, segments }: Restoration): Promise<void> {
  const { directory, files, ids, by } = options;
  const restored = { from: plan.first, to: plan.last, records: plan.records };
  const repairs = (await keepOld(options, segments)).map((each) => ({ ...each, restored }));
  await oweRepairs(files, directory, { command: ids.next(), by, after: plan.end, repairs });
  await restore(options, segments);
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
