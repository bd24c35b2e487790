/** Checks of the event log: does it take events, and was all of it found whole. */
import type { UserError } from "../../errors.ts";
import type { VerifyReport } from "../../model/audit.ts";
import type { AnchorView, SinkView } from "../../model/view.ts";
import type { Check } from "../../model/check.ts";

const name = "log";

export interface OpenLogFacts {
  readonly position: number;
  /** Why it takes no more. */
  readonly readOnly?: UserError;
  /** The check in the background: when it ended; undefined while it has not. */
  readonly checkedAt: string | undefined;
}

/** A log that a daemon has open. */
export function checkOpenLog({ position, readOnly, checkedAt }: OpenLogFacts): Check {
  if (readOnly) {
    const next = readOnly.hints.find(([label]) => label === "next")?.[1] ?? "strata audit verify";
    return { name, verdict: "fail", found: `read-only: ${readOnly.message}`, next };
  }
  const checked = checkedAt === undefined ? "not yet checked in this daemon's life" : `all checked at ${checkedAt}`;
  return { name, verdict: "ok", found: `${position} events, writable, ${checked}` };
}

/** Are heads signed, and do they arrive where they are sent? Nothing to say when all is as it is by default. */
export function checkSeals(isUnsealed: boolean, anchor: AnchorView | undefined): Check[] {
  if (isUnsealed) {
    const found = "none are made: the key cannot be used";
    return [{ name: "seals", verdict: "warn", found, next: "strata audit seal" }];
  }
  if (anchor === undefined) return [];
  const { to, sent, failed, why } = anchor;
  if (why === undefined) return [{ name: "anchor", verdict: "ok", found: `${to}: ${sent} seals sent` }];
  const found = `${to}: ${why} (${failed} of ${sent + failed} seals did not arrive)`;
  return [{ name: "anchor", verdict: "warn", found, next: "strata set audit.anchor=none" }];
}

/** Do events arrive where they are sent on? */
export function checkSink(sink: SinkView | undefined): Check[] {
  if (sink === undefined) return [];
  const { to, behind = 0, why } = sink;
  const left = behind === 0 ? "every event sent" : `${behind} events to be sent`;
  if (why === undefined) return [{ name: "sink", verdict: "ok", found: `${to}: ${left}` }];
  return [{ name: "sink", verdict: "warn", found: `${to}: ${why} (${left})`, next: "strata set audit.sink=none" }];
}

/** A log that nobody has open, verified from its files. */
export function checkLogFiles(report: VerifyReport | Error): Check {
  if (report instanceof Error) {
    const isNone = "code" in report && report.code === "log-not-found";
    return isNone
      ? { name, verdict: "ok", found: "none yet" }
      : { name, verdict: "fail", found: report.message, next: "strata audit verify" };
  }
  const { isIntact, damage, events } = report;
  if (isIntact) return { name, verdict: "ok", found: `${events} events, all checked` };
  const found = damage
    ? `${damage.what}, at position ${damage.position} of ${damage.segment}`
    : "what was noted beside it does not fit";
  return { name, verdict: "fail", found, next: "strata audit verify" };
}
