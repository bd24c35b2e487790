/** What the kernel says of a process: memory, descriptors, children. */
import { readdirSync, readFileSync } from "node:fs";

export interface ProcessSize {
  readonly residentMiB: number;
  readonly descriptors: number;
}

export function sizeOf(pid: number): ProcessSize {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return {
    residentMiB: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}

export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}
