/** A file's attributes as SFTP has them, from and to what the kernel has. */
import { statusFields } from "../sys/status.ts";
import type { Ids } from "./ids.ts";
import { attributeBits as bits } from "./protocol.ts";
import type { Answers, Fields } from "./wire.ts";

/** Seconds since 1970 in 32 bits without a sign. */
const time = (seconds: number): number => Math.min(Math.max(seconds, 0), 0xffffffff);

export function writeAttributes(
  answers: Answers,
  status: Buffer,
  maps: { readonly uids: Ids; readonly gids: Ids },
): void {
  answers.number(bits.size | bits.owner | bits.mode | bits.times);
  answers.large(statusFields.size(status));
  answers.number(maps.uids.shown(statusFields.uid(status)));
  answers.number(maps.gids.shown(statusFields.gid(status)));
  answers.number(statusFields.mode(status));
  answers.number(time(statusFields.accessed(status)));
  answers.number(time(statusFields.modified(status)));
}

/** What is to become of a file; `owner` in the guest's ids. */
export interface Wanted {
  readonly size?: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly mode?: number;
  readonly times?: { readonly accessed: number; readonly modified: number };
}

/** Permissions, with the bits for setgid and the sticky one: no guest leaves programs on the host that run as whoever serves it. */
const modeMask = 0o3777;
/** Of what is no folder, where setgid would do the same. */
export const fileModeMask = 0o1777;

/** Throws Malformed. Extended attributes, which nobody has, are passed over: they are the last. */
export function readAttributes(fields: Fields): Wanted {
  const has = fields.number();
  return {
    ...(has & bits.size && { size: fields.large() }),
    ...(has & bits.owner && { owner: { uid: fields.number(), gid: fields.number() } }),
    ...(has & bits.mode && { mode: fields.number() & modeMask }),
    ...(has & bits.times && { times: { accessed: fields.number(), modified: fields.number() } }),
  };
}
