/** What is checked before a launch becomes an intent, so that what cannot work leaves no trace. */
import { exitCodes, UserError } from "../../errors.ts";
import type { ImageSource } from "../../events/instance/events.ts";
import { defaultSpecs, diskMax, diskMin, memoryMin, type Specs } from "../../model/instance.ts";
import { formatSize } from "../../model/size.ts";
import { imageNotFound } from "../effects.ts";
import type { Daemon } from "./context.ts";

/** Processors that a guest may have for each of the host's; beyond it, it only waits for itself. */
const processorsFactorMax = 4;
const processorsAlwaysAllowed = 8;

/** Space that stays free for the log, for stops and for deletes. */
export const freeBytesFloor = 2 ** 30;

/** Throws what `admitSpecs` does, or `no-space` (exit 2). */
export async function admitLaunch(daemon: Daemon, specs: Specs): Promise<void> {
  admitSpecs(daemon, specs);
  await admitBytes(daemon, "a launch", 0);
}

/** Throws `memory-too-small`, `disk-too-small`, `cpus-too-many`, `disk-too-large` or `memory-too-large` (exit 1). */
export function admitSpecs({ memoryBytes, processors }: Daemon, specs: Specs): void {
  const processorsMax = Math.max(processorsAlwaysAllowed, processors * processorsFactorMax);
  if (specs.cpus > processorsMax) {
    throw new UserError(
      "cpus-too-many",
      `${specs.cpus} cpus are more than this host can serve (it has ${processors})`,
      {
        exit: exitCodes.usage,
        hints: [["did you mean", `--cpus ${processorsMax}`]],
      },
    );
  }
  if (specs.disk > diskMax) {
    throw new UserError(
      "disk-too-large",
      `disk ${formatSize(specs.disk)} is more than a disk may have (${formatSize(diskMax)})`,
      { exit: exitCodes.usage, hints: [["did you mean", `--disk ${formatSize(defaultSpecs.disk)}`]] },
    );
  }
  atLeast("memory", specs.memory, memoryMin, memoryMin);
  // The least disk there may be is rarely enough for an image.
  atLeast("disk", specs.disk, diskMin, defaultSpecs.disk);
  if (specs.memory > memoryBytes) {
    throw new UserError(
      "memory-too-large",
      `memory ${formatSize(specs.memory)} is more than this host has (${formatSize(memoryBytes)})`,
      {
        exit: exitCodes.usage,
        hints: [["did you mean", `--memory ${formatSize(Math.min(memoryBytes, defaultSpecs.memory))}`]],
      },
    );
  }
}

/** Throws `no-space` when `what`, which takes that many bytes, would go below the floor. */
export async function admitBytes({ config, files }: Daemon, what: string, bytes: number): Promise<void> {
  const { freeBytes } = await files.space(config.directory);
  const needed = bytes + freeBytesFloor;
  if (freeBytes >= needed) return;
  throw new UserError(
    "no-space",
    `${formatSize(freeBytes)} are free in ${config.directory}; ${what} needs ${formatSize(needed)}`,
    {
      hints: [
        ["why", "stopping, deleting and the log must still work on a full disk"],
        ["next", "strata purge"],
      ],
    },
  );
}

function atLeast(what: string, value: number, min: number, better: number): void {
  if (value >= min) return;
  throw new UserError(`${what}-too-small`, `${what} ${formatSize(value)} is below the minimum of ${formatSize(min)}`, {
    exit: exitCodes.usage,
    hints: [["did you mean", `--${what} ${formatSize(better)}`]],
  });
}

/** The image that was sent before, or that a name means: one of the folder's, else one that was brought before. Throws `image-not-found`. */
export async function findSource({ folder, dispatcher }: Daemon, wanted: ImageSource): Promise<ImageSource> {
  const { name, sha256 } = wanted;
  const { images } = dispatcher.world();
  if (sha256 !== undefined && images.has(sha256)) return { name, sha256 };
  if (sha256 === undefined) {
    if (await folder.find(name)) return { name };
    for (const image of images.values()) if (image.name === name) return { name, sha256: image.sha256 };
  }
  throw await imageNotFound(folder, name);
}
