/** What a user should know of the host before a machine runs on it: why it is not faster, and the command that would help. */
import type { Driver } from "../drivers/driver.ts";
import type { Progress } from "../model/operation.ts";

/** Told once, and again when it changes; a host that cannot be checked is told by the step that needs it. */
export function createHostNote(driver: Pick<Driver, "check">) {
  let told: string | undefined;
  return async (signal: AbortSignal, progress: (progress: Progress) => void): Promise<void> => {
    const report = await driver.check(signal).catch(() => undefined);
    if (report?.why === undefined || report.why === told) return;
    told = report.why;
    const { accelerator, why, next } = report;
    const how = accelerator === "tcg" ? `emulated: ${why} (about 10x slower)` : `${accelerator}: ${why}`;
    progress({ kind: "note", label: "cpu", text: how });
    if (next !== undefined) progress({ kind: "note", label: "", text: `next: ${next}` });
  };
}
