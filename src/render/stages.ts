/** The steps of an operation as people see them: the machine's start and the guest's first answer are one stage, and what is quick is left out. */
import type { ShownProgress } from "../model/operation.ts";

/** Making a disk takes milliseconds; only a slow one is worth a line. */
const quickDiskMs = 1_000;

/** Turns what the daemon says of one operation into what is shown; undefined: nothing. Keeps what a stage needs from its first step. */
export function createStages(): (progress: ShownProgress) => ShownProgress | undefined {
  let started: { detail: string; durationMs: number } | undefined;
  return (progress) => {
    if (progress.kind === "note") return progress;
    const { step } = progress;
    if (progress.kind === "step-done" && step === "disk" && progress.durationMs < quickDiskMs) return undefined;
    if (step !== "boot" && step !== "reachable") return progress;
    if (progress.kind === "bytes") return { ...progress, step: "boot" };
    if (progress.kind === "step") return { ...progress, step: "boot", detail: step === "boot" ? "kernel" : "ssh" };
    if (step === "boot") {
      started = progress;
      return undefined;
    }
    // `tcg`, or `tcg, found running`: how it came up when no kernel was booted.
    const how = started && (started.detail.split(", ")[1] ?? "kernel");
    const durationMs = progress.durationMs + (started?.durationMs ?? 0);
    return { ...progress, step: "boot", detail: how === undefined ? "ssh" : `${how}, ssh`, durationMs };
  };
}
