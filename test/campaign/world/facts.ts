/** What the kernel says of a process: memory, descriptors, children. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface ProcessSize {
  readonly residentMiB: number;
  readonly descriptors: number;
  /** Of the descriptors. */
  readonly sockets: number;
}

export function sizeOf(pid: number): ProcessSize {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const open = readdirSync(`/proc/${pid}/fd`);
  return {
    residentMiB: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024,
    descriptors: open.length,
    sockets: open.filter((fd) => targetOf(`/proc/${pid}/fd/${fd}`).startsWith("socket:")).length,
  };
}

/** Empty for a descriptor that was closed meanwhile. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}
