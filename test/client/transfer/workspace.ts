/** What the tests of transfers share: a folder here that goes away, a job, and the two sides. */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJob, type Job } from "../../../src/client/transfer/job.ts";
import type { TransferFault } from "../../../src/commands/context.ts";

export interface Workspace {
  readonly directory: string;
  /** Where what comes is put; beside it is `outside`, where nothing may come. */
  readonly target: string;
  readonly outside: string;
  close(): void;
}

export function createWorkspace(): Workspace {
  const directory = mkdtempSync(join(tmpdir(), "strata-transfer-"));
  const [target, outside] = [join(directory, "target"), join(directory, "outside")];
  mkdirSync(target);
  mkdirSync(outside);
  return { directory, target, outside, close: () => rmSync(directory, { recursive: true, force: true }) };
}

export function jobFor(signal = new AbortController().signal): { job: Job; faults: TransferFault[] } {
  const faults: TransferFault[] = [];
  return {
    job: createJob({ signal, id: "test", onBytes: () => {}, onFault: (fault) => void faults.push(fault) }),
    faults,
  };
}

/** Everything below a folder, by its path: content, `-> text` of a link, `/` of a folder. */
export function lookAt(directory: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of readdirSync(directory, { recursive: true, encoding: "utf8" }).sort()) {
    const whole = join(directory, path);
    const stats = lstatSync(whole);
    if (stats.isSymbolicLink()) found[path] = `-> ${readlinkSync(whole)}`;
    else found[path] = stats.isDirectory() ? "/" : readFileSync(whole, "utf8");
  }
  return found;
}
