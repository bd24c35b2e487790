/** What is checked before a launch becomes an intent, so that what cannot work leaves no trace. */
import { exitCodes, UserError } from "../../errors.ts";
import { diskMin, memoryMin, type Specs } from "../../model/instance.ts";
import { formatSize } from "../../model/size.ts";
import type { Daemon } from "./context.ts";

/** Space that stays free for the log, for stops and for deletes. */
export const freeBytesFloor = 2 ** 30;

/** Throws `memory-too-small`, `disk-too-small`, `memory-too-large` (exit 1) or `no-space` (exit 2). */
export async function admitLaunch({ config, files, memoryBytes }: Daemon, specs: Specs): Promise<void> {
  atLeast("memory", specs.memory, memoryMin);
  atLeast("disk", specs.disk, diskMin);
  if (specs.memory > memoryBytes) {
    throw new UserError(
      "memory-too-large",
      `memory ${formatSize(specs.memory)} is more than this host has (${formatSize(memoryBytes)})`,
      {
        exit: exitCodes.usage,
      },
    );
  }
  const { freeBytes } = await files.space(config.directory);
  if (freeBytes >= freeBytesFloor) return;
  throw new UserError(
    "no-space",
    `${formatSize(freeBytes)} are free in ${config.directory}; a launch needs ${formatSize(freeBytesFloor)}`,
    {
      hints: [
        ["why", "stopping, deleting and the log must still work on a full disk"],
        ["next", "strata purge"],
      ],
    },
  );
}

function atLeast(what: string, value: number, min: number): void {
  if (value >= min) return;
  throw new UserError(`${what}-too-small`, `${what} ${formatSize(value)} is below the minimum of ${formatSize(min)}`, {
    exit: exitCodes.usage,
  });
}
