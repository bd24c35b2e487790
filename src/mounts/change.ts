/** Sets a file's size, owner, mode and times, of a link its own; what is not asked for stays. */
import { allocate, errors, type Calls } from "../sys/calls.ts";
import { isKind, statusFields } from "../sys/status.ts";
import { fileModeMask, type Wanted } from "./attributes.ts";
import type { Ids } from "./ids.ts";
import type { Tree } from "./tree.ts";

export interface Maps {
  readonly uids: Ids;
  readonly gids: Ids;
}

/** Of two struct timespec: seconds and nanoseconds of 64 bits. */
const timesBytes = 32;

/** Answers as calls do. `isOpen`: the descriptor can read or write; otherwise it is merely a place (O_PATH). */
export type Change = (descriptor: number, isOpen: boolean, wanted: Wanted) => number;

export function createChange(calls: Calls, tree: Tree, maps: Maps): Change {
  const times = allocate(timesBytes);

  const setSize = (descriptor: number, isOpen: boolean, size: number): number => {
    if (isOpen) return calls.setSize(descriptor, size);
    return isKind(tree.found, "file") ? calls.setSizeAt(tree.nameOf(descriptor), size) : -errors.EINVAL;
  };

  const setOwner = (descriptor: number, owner: NonNullable<Wanted["owner"]>): number => {
    const [uidNow, gidNow] = [statusFields.uid(tree.found), statusFields.gid(tree.found)];
    const uid = maps.uids.meant(owner.uid, uidNow);
    const gid = maps.gids.meant(owner.gid, gidNow);
    if (uid === undefined || gid === undefined) return -errors.EACCES;
    return uid === uidNow && gid === gidNow ? 0 : calls.setOwner(descriptor, uid, gid);
  };

  const setMode = (descriptor: number, isOpen: boolean, mode: number): number => {
    if (isKind(tree.found, "link")) return -errors.EOPNOTSUPP;
    const allowed = isKind(tree.found, "directory") ? mode : mode & fileModeMask;
    return isOpen ? calls.setMode(descriptor, allowed) : calls.setModeAt(tree.nameOf(descriptor), allowed);
  };

  const setTimes = (descriptor: number, { accessed, modified }: NonNullable<Wanted["times"]>): number => {
    times.bytes.writeBigInt64LE(BigInt(accessed), 0);
    times.bytes.writeBigInt64LE(BigInt(modified), 16);
    return calls.setTimes(descriptor, times.address);
  };

  return (descriptor, isOpen, { size, owner, mode, times: wantedTimes }) => {
    const known = tree.statusOf(descriptor);
    if (known < 0) return known;
    // A new owner takes the setuid bit away, and a new size sets the time: so in this order. The first that fails ends it.
    const steps = [
      size !== undefined && (() => setSize(descriptor, isOpen, size)),
      owner && (() => setOwner(descriptor, owner)),
      mode !== undefined && (() => setMode(descriptor, isOpen, mode)),
      wantedTimes && (() => setTimes(descriptor, wantedTimes)),
    ];
    let result = 0;
    for (const step of steps) if (step && result >= 0) result = step();
    return result;
  };
}
