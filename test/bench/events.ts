/** Events of the usual size, and a folder for the logs that hold them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { daemonActor } from "../../src/events/envelope.ts";
import type { Batch } from "../../src/events/envelope.ts";
import { openLog } from "../../src/events/store/log.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { type Files, systemFiles } from "../../src/sys/files.ts";
import { systemIds } from "../../src/sys/ids.ts";

const user = { kind: "user", id: "unix:1000", name: "ann", role: "admin", via: "unix", pid: 812, login: 1000 } as const;
export function batch(index: number): Batch {
  const data = { number: index, state: "running", address: "10.0.2.15", note: "what a usual record carries" };
  const event = { type: "instance.started", version: 1, stream: `instance/i-${index % 500}`, data };
  return {
    events: [event],
    command: `01a1f952-8474-7445-a3b6-${index}`,
    operation: `op-${index >> 2}`,
    by: index % 2 ? user : daemonActor,
  };
}

export interface Workspace {
  readonly directory: string;
  /** `files`: another disk than this machine's. */
  open(name: string, files?: Files): Promise<EventLog>;
  close(): void;
}

export function createWorkspace(): Workspace {
  const directory = mkdtempSync(join(tmpdir(), "strata-bench-log-"));
  return {
    directory,
    async open(name, files = systemFiles) {
      const ports = { files, clock: systemClock, ids: systemIds };
      return (await openLog({ directory: join(directory, name), ...ports })).log;
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}
