/** Gives a disk after a power cut back to the kernel, mounts it, and lets what is on it be examined. */
import { readdirSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Image } from "./image.ts";
import { attach, type LoopDevice, mount, unmount } from "./kernel.ts";
import { type Expected, examine } from "./oracle.ts";

/** `refused`: the file system does not mount, or does not let itself be read: it is not strata's turn yet. */
export type Verdict =
  | { readonly kind: "held" }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "failed"; readonly why: string };

export interface Judge {
  judge(image: Image, expected: Expected): Promise<Verdict>;
  close(): void;
}

/** Longer than a recovery takes a hundred times over; one that hangs must not hold the campaign. */
const limitMs = 60_000;

/** `folder` in memory takes the disk. Everything is gone when this process ends. */
export function createJudge(fileSystem: string, bytes: number, folder: string, mounted: string): Judge {
  const disk = join(folder, "cut");
  writeFileSync(disk, "");
  truncateSync(disk, bytes);
  const device: LoopDevice = attach(disk);
  return {
    judge: async (image, expected) => {
      image.save(disk);
      device.forget();
      const refused = mount(device.path, mounted, fileSystem);
      if (refused !== undefined) return { kind: "refused", why: `mount: ${refused}` };
      const verdict = await within(examine(mounted, expected).then(() => ({ kind: "held" }) as const, failed));
      const busy = unmount(mounted);
      if (busy === undefined) return verdict;
      throw new Error(`it cannot be unmounted (${busy}): ${JSON.stringify(verdict)}, open: ${openBelow(mounted)}`);
    },
    close: () => device.close(),
  };
}

const failed = (error: unknown): Verdict => ({
  kind: "failed",
  why: error instanceof Error ? error.message : String(error),
});

function within(work: Promise<Verdict>): Promise<Verdict> {
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const timer = setTimeout(() => resolve({ kind: "failed", why: `no end after ${limitMs} ms` }), limitMs);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

/** What still holds the mount, for whoever reads the error. */
const openBelow = (mounted: string): string => readdirSync("/proc/self/fd").join(" ") + ` below ${mounted}`;
