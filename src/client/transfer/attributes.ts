/** What is kept of a file besides its content, in the limits of SFTP version 3. */
import type { Kind } from "./side.ts";

/** Not the bits that make a program run as its owner or group: a guest could give them to a file of the caller. */
const rightsMask = 0o777;
/** Of a folder also whose group its files get, and that each is removed by its owner alone: that makes nothing run. */
const folderMask = 0o3777;

export const rightsOf = (mode: number, kind: Kind): number => mode & (kind === "folder" ? folderMask : rightsMask);

const secondsMax = 2 ** 32 - 1;

/** Whole seconds since 1970; what is before or long after counts as the nearest that can be said. */
export const secondsOf = (seconds: number): number => Math.min(secondsMax, Math.max(0, Math.floor(seconds) || 0));
