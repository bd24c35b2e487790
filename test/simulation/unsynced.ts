/** A disk on which somebody gave a file its name and was killed before that was on stable storage. */
import { createDisk, type SimulatedDisk } from "./disk.ts";

export interface UnsyncedDisk {
  readonly disk: SimulatedDisk;
  /** Resolves when the sync of the directory begins that never ends. */
  readonly reached: Promise<void>;
}

/** `directory`: the one that the name is in; so many syncs of it end before. */
export function unsyncedDisk(directory: string, before = 0): UnsyncedDisk {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  let left = before + 1;
  const disk = createDisk({
    beforeCall: ({ operation, path }) => {
      if (operation !== "syncDirectory" || path !== directory || --left !== 0) return undefined;
      resolve();
      return new Promise(() => undefined);
    },
  });
  return { disk, reached };
}
