/** A disk that fails at the n-th write or sync of a segment. */
import { type Files, systemFiles } from "../../../src/sys/files.ts";
import { diskError } from "../../simulation/disk.ts";

export interface Fault {
  readonly call: "write" | "sync";
  readonly nth: number;
  /** How often in a row. */
  readonly times: number;
}

/** Calls count once it is armed. */
export function createFaultyFiles({ call, nth, times }: Fault): { files: Files; arm(): void } {
  let isArmed = false;
  let count = 0;
  const meet = (kind: Fault["call"], path: string) => {
    if (!isArmed || kind !== call || !path.endsWith(".jsonl")) return;
    count++;
    if (count >= nth && count < nth + times) throw diskError("EIO", path);
  };
  const open: Files["open"] = async (path, ...how) => {
    const file = await systemFiles.open(path, ...how);
    return {
      ...file,
      write: async (bytes, offset) => (meet("write", path), file.write(bytes, offset)),
      // What fails to sync was written.
      sync: async () => (meet("sync", path), file.sync()),
    };
  };
  return { files: { ...systemFiles, open }, arm: () => void (isArmed = true) };
}
