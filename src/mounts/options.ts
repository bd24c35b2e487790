/** What the helper is told: one argument of JSON, checked by hand, since it starts before anything large is loaded. */
import { idMax } from "../model/mount-words.ts";
import type { Who } from "../sys/become.ts";
import type { Pairs } from "./ids.ts";

export interface MountOptions {
  /** Absolute path on the host. */
  readonly source: string;
  readonly readOnly: boolean;
  /** Whose rights count; without, those of whoever starts the helper. */
  readonly as?: Who;
  readonly uids: Pairs;
  readonly gids: Pairs;
}

/** How the helper ends. A reason is on its standard error, in one line, but for `closed`. */
export const mountExits = {
  /** The other side is gone. */
  closed: 0,
  /** The source is missing, is no directory, or was removed. */
  missing: 3,
  /** That user may not read it. */
  unreadable: 4,
  /** A bug, or a system that lacks what is needed. */
  bug: 70,
  /** What came in was no SFTP. */
  broken: 76,
} as const;

const isId = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= idMax;

function idsFrom(value: unknown, what: string): number[] {
  if (!Array.isArray(value) || !value.every(isId)) throw new Error(`${what} is no list of ids`);
  return value;
}

function pairsFrom(value: unknown, what: string): Pairs {
  if (!Array.isArray(value)) throw new Error(`${what} is no list`);
  return value.map((pair: unknown) => {
    const [host, guest, ...rest] = idsFrom(pair, `a pair of ${what}`);
    if (host === undefined || guest === undefined || rest.length > 0)
      throw new Error(`${what} has no pairs of two ids`);
    return [host, guest];
  });
}

const objectFrom = (value: unknown, what: string): Record<string, unknown> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${what} is no object`);
  return { ...value };
};

function whoFrom(value: unknown): Who {
  const { uid, gid, groups } = objectFrom(value, "as");
  if (!isId(uid) || !isId(gid)) throw new Error("as has no uid and gid");
  return { uid, gid, groups: idsFrom(groups, "as.groups") };
}

/** Throws what is wrong with it. */
export function parseOptions(text: string): MountOptions {
  const { source, readOnly, as, uids, gids } = objectFrom(JSON.parse(text), "the argument");
  if (typeof source !== "string" || !source.startsWith("/") || source.includes("\0"))
    throw new Error("source is no absolute path");
  if (typeof readOnly !== "boolean") throw new Error("readOnly is neither true nor false");
  return {
    source,
    readOnly,
    ...(as !== undefined && { as: whoFrom(as) }),
    uids: pairsFrom(uids, "uids"),
    gids: pairsFrom(gids, "gids"),
  };
}
