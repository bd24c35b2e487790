/** What takes space on the disk, by what it is for. */
import { z } from "zod";

/** In the order of `strata df`. */
export const UsageKind = z.enum([
  "images",
  /** What instances write to now. */
  "disks",
  /** Frozen layers: of snapshots and automatic points, and below others. */
  "points",
  "branches",
  "memory",
  /** Put aside, and gone for good after a while. */
  "quarantine",
  "keys and seeds",
  "consoles",
  "log",
  "checkpoints",
  "qemu",
  "other",
]);
export type UsageKind = z.infer<typeof UsageKind>;

/** Bytes are blocks that the file system has given out, save `virtualBytes`: what the guest sees of a disk. */
export const UsagePart = z
  .object({
    kind: UsageKind,
    bytes: z.int(),
    files: z.int(),
    items: z.array(
      z.object({
        name: z.string(),
        bytes: z.int(),
        virtualBytes: z.int().optional(),
        /** What is special about it: in the trash, of no instance. */
        note: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "UsagePart" });
export type UsagePart = z.infer<typeof UsagePart>;

export const Usage = z
  .object({
    directory: z.string(),
    bytes: z.int(),
    /** Of the file system that the directory is on. */
    freeBytes: z.int(),
    totalBytes: z.int(),
    /** There are more files than are looked at: everything above is a part. */
    isPartial: z.boolean(),
    parts: z.array(UsagePart),
  })
  .meta({ id: "Usage" });
export type Usage = z.infer<typeof Usage>;
