/** Checks of the host: how machines run on it, its memory, its clock. */
import type { HostReport } from "../../drivers/driver.ts";
import { messageOf, UserError } from "../../errors.ts";
import type { Check } from "../../model/check.ts";
import { formatDuration } from "../../model/duration.ts";
import { formatSize } from "../../model/size.ts";
import type { Files } from "../../sys/files.ts";

/** How machines run here, as the driver says it or refuses to; `isForced`: by a setting, not by what the host can. */
export function checkDriver(report: HostReport | Error, isForced: boolean): Check[] {
  if (report instanceof Error) return [{ name: "qemu", verdict: "fail", found: messageOf(report), ...nextOf(report) }];
  return [{ name: "qemu", verdict: "ok", found: report.build }, checkAccelerator(report, isForced)];
}

export function checkAccelerator(
  { accelerator, why, next }: Pick<HostReport, "accelerator" | "why" | "next">,
  isForced: boolean,
): Check {
  const name = "accelerator";
  if (accelerator !== "tcg") return { name, verdict: "ok", found: accelerator };
  if (isForced)
    return {
      name,
      verdict: "warn",
      found: "emulated, because a setting says so",
      next: "strata set driver.accelerator=auto",
    };
  const reason = why ?? "this host offers no virtualization (no vmx or svm, no /dev/kvm)";
  return { name, verdict: "warn", found: `emulated, about 10x slower: ${reason}`, ...(next !== undefined && { next }) };
}

const nextOf = (error: Error): { next?: string } => {
  const next = error instanceof UserError ? error.hints.find(([label]) => label === "next")?.[1] : undefined;
  return next === undefined ? {} : { next };
};

export interface MemoryFacts {
  /** Bytes. */
  readonly total: number;
  readonly available: number;
  readonly running: readonly { readonly name: string; readonly memory: number }[];
}

/** Less than this share of the host's memory left is little. */
const availableShareMin = 0.05;

/** A guest takes memory as it touches it, so more may be promised than there is. */
export function checkMemory({ total, available, running }: MemoryFacts): Check {
  const name = "memory";
  const promised = running.reduce((sum, { memory }) => sum + memory, 0);
  const largest = running.toSorted((a, b) => b.memory - a.memory)[0];
  const found = `${formatSize(promised)} for ${running.length} running, ${formatSize(available)} of ${formatSize(total)} free`;
  const next = largest ? { next: `strata stop ${largest.name}` } : { next: "free -h" };
  if (available < total * availableShareMin)
    return { name, verdict: largest ? "fail" : "warn", found: `${found}: the host may end a machine`, ...next };
  if (promised > total) return { name, verdict: "warn", found: `${found}: more is promised than there is`, ...next };
  return { name, verdict: "ok", found };
}

/** Bytes that programs can still get, from /proc/meminfo (proc(5)); undefined where there is none. */
export async function availableMemory(files: Pick<Files, "read" | "stat">): Promise<number | undefined> {
  const path = "/proc/meminfo";
  if ((await files.stat(path)) === undefined) return undefined;
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(Buffer.from(await files.read(path)).toString())?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** Clocks that differ less are not worth a word. */
const aheadMsMax = 2_000;

/** Times in the log never go back; a clock that did makes history hard to read and expiries late. */
export function checkClock(nowMs: number, newestEvent: string): Check {
  const name = "clock";
  const aheadMs = newestEvent === "" ? 0 : new Date(newestEvent).getTime() - nowMs;
  if (aheadMs <= aheadMsMax) return { name, verdict: "ok", found: new Date(nowMs).toISOString() };
  return {
    name,
    verdict: "fail",
    found: `the host's clock is ${formatDuration(aheadMs)} before the newest event`,
    next: "timedatectl set-ntp true",
  };
}
