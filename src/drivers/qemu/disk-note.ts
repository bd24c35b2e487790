/** A machine's own note of the layers that were its top: what each stands on, and how the newest came about. */
import { z } from "zod";
import type { Frozen } from "../driver.ts";
import type { QemuContext } from "./context.ts";
import type { MachinePaths } from "./paths.ts";
import { parseRecord } from "./run-record.ts";

/** What a freeze did, as far as it does not change afterwards. */
export type Outcome = Omit<Frozen, "bytes">;

const Kept = z.object({ memory: z.string(), memoryBytes: z.int(), build: z.string(), accelerator: z.string() });
const Outcome = z.object({
  consistency: z.enum(["off", "quiet", "memory", "crash"]),
  pausedMs: z.number().exactOptional(),
  kept: Kept.exactOptional(),
  memoryLost: z.string().exactOptional(),
});

/** Of a freeze that failed the old top is still the top, so one note is not enough; more than a few are never looked at. */
const topsMax = 8;
const DiskNote = z.object({
  /** Newest first. */
  tops: z.array(z.object({ layer: z.string(), parent: z.string() })),
  /** What the freeze that made the newest one did. */
  frozen: Outcome.exactOptional(),
  /** The rewind that made the newest one is done. */
  isRewound: z.boolean().exactOptional(),
});
export type DiskNote = z.infer<typeof DiskNote>;

type Ports = Pick<QemuContext, "files">;

/** Without a note the disk stands on an image, as it was created. Throws `record-damaged`. */
export async function readDiskNote({ files }: Ports, { disk }: MachinePaths): Promise<DiskNote> {
  if ((await files.stat(disk)) === undefined) return { tops: [] };
  return parseRecord(DiskNote, disk, await files.read(disk));
}

/** Notes that `layer` stands on the layer `parent`, and what is known of how it came. */
export async function noteTop(
  ports: Ports,
  paths: MachinePaths,
  { layer, parent }: DiskNote["tops"][number],
  more: Omit<DiskNote, "tops"> = {},
): Promise<void> {
  const { tops } = await readDiskNote(ports, paths);
  const others = tops.filter((top) => top.layer !== layer).slice(0, topsMax - 1);
  const note: DiskNote = { tops: [{ layer, parent }, ...others], ...more };
  await ports.files.writeAtomically(paths.disk, Buffer.from(JSON.stringify(note)), 0o600);
}

/** The layer that a top is known to stand on; undefined where it stands on an image. */
export const parentOf = ({ tops }: DiskNote, layer: string): string | undefined =>
  tops.find((top) => top.layer === layer)?.parent;

/** What is on record of the newest top, if it is `layer`. */
export const newestIs = ({ tops }: DiskNote, layer: string): boolean => tops[0]?.layer === layer;
