/** The check in the background: the whole chain and tree, read gently while the daemon works. */
import type { Clock } from "../../sys/clock.ts";
import type { Files } from "../../sys/files.ts";
import { verifyLog } from "./audit.ts";
import type { VerifyReport } from "../../model/audit.ts";
import type { EventLog } from "./log.ts";
import { damageError } from "./verdict.ts";

/** Between two segments of 16 MiB, which take about 0.1 s each: one core is busy for a third of the time at most. */
const pauseMs = 200;

export interface GuardOptions {
  readonly log: EventLog;
  readonly files: Files;
  readonly clock: Clock;
  /** Ends the check early. */
  readonly signal: AbortSignal;
}

/** Verifies an open log; damage makes it read-only, unless only a seal is broken: it is evidence, the log does not depend on it. Rejects with the signal's reason when that aborts first. */
export async function guardLog({ log, files, clock, signal }: GuardOptions): Promise<VerifyReport> {
  const report = await verifyLog({
    directory: log.directory,
    files,
    onProgress: () => clock.sleep(pauseMs, signal),
  });
  if (report.damage !== undefined && report.damage.kind !== "seal-broken") log.makeReadOnly(damageError(report.damage));
  return report;
}
