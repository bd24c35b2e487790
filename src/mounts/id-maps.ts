/** Which ids of host and guest a native mount can show for one another. */
import { UserError } from "../errors.ts";
import type { IdPair } from "./virtiofs.ts";

export interface WantedMaps {
  /** A guest's -1 is the login user. */
  readonly uids: readonly IdPair[];
  readonly gids: readonly IdPair[];
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** In the guest. */
export interface LoginIds {
  readonly uid: number;
  readonly gid: number;
}

export interface Maps {
  readonly uids: readonly IdPair[];
  readonly gids: readonly IdPair[];
}

/**
 * Each id stands for exactly one other, which is what the kernel allows: root may map any, everybody else their own. Without any, the
 * owner is the guest's login user. Throws `mount-unsupported`.
 */
export function nativeMaps({ uids, gids, owner }: WantedMaps, login: LoginIds): Maps {
  return {
    uids: possible("uid", uids, owner.uid, login.uid, owner.uid === 0),
    gids: possible("gid", gids, owner.gid, login.gid, owner.uid === 0),
  };
}

function possible(
  kind: "uid" | "gid",
  wanted: readonly IdPair[],
  own: number,
  login: number,
  isRoot: boolean,
): IdPair[] {
  const pairs = wanted.map(([host, guest]): IdPair => [host, guest === -1 ? login : guest]);
  const foreign = isRoot ? undefined : pairs.find(([host]) => host !== own);
  if (foreign) throw refused(kind, foreign, `only ${kind} ${own}, your own, can be shown as another one`);
  for (const side of [0, 1] as const) {
    const twice = pairs.find((pair, at) => pairs.findIndex((each) => each[side] === pair[side]) !== at);
    if (twice) throw refused(kind, twice, `one ${kind} can stand for one other only`);
  }
  return pairs.length > 0 ? pairs : [[own, login]];
}

const refused = (kind: string, [host, guest]: IdPair, why: string): UserError =>
  new UserError("mount-unsupported", `a native mount cannot show ${kind} ${host} as ${guest}: ${why}`, {
    hints: [["next", "mount it with --type classic, which shows any id as any other"]],
  });
