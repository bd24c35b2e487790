/** The verdict of a whole; apart from the schema of a check, which a command line need not load. */
import type { Check, Verdict } from "./check.ts";

/** The worst of several verdicts. */
export function worst(checks: readonly Check[]): Verdict {
  const has = (verdict: Verdict) => checks.some((check) => check.verdict === verdict);
  return has("fail") ? "fail" : has("warn") ? "warn" : "ok";
}
