/** Who may call: the owner of the daemon, root, and for the system daemon the group strata. Refusals are recorded. */
import { protocolHeader, versionHeader } from "../api/protocol.ts";
import type { Config } from "../config.ts";
import { systemGroup } from "../config.ts";
import { exitCodes, UserError } from "../errors.ts";
import type { Actor } from "../events/envelope.ts";
import { callerOf, type Peer } from "../sys/peer.ts";
import { isInGroup, userName } from "../sys/users.ts";
import type { Dispatcher } from "./dispatch.ts";
import type { Caller } from "./handlers/context.ts";
import type { Ids } from "../sys/ids.ts";

/** Refusals recorded per daemon life; beyond it they are refused all the same, and not written. */
const refusalsRecordedMax = 1_000;

export interface Door {
  admit(peer: Peer, call: string, headers: Readonly<Record<string, string>>): Promise<Caller>;
  /** The caller again, if its user may call now; else it is recorded and refused (exit 4). */
  check(caller: Required<Caller>, call: string): Promise<Caller>;
}

export function createDoor({ config, dispatcher, ids }: { config: Config; dispatcher: Dispatcher; ids: Ids }): Door {
  let refusals = 0;
  const allows = ({ uid, gid }: Pick<Peer, "uid" | "gid">): boolean =>
    uid === config.user.uid || uid === 0 || (config.isSystem && isInGroup(uid, gid, systemGroup));
  const check: Door["check"] = async (caller, call) => {
    const { actor, account } = caller;
    if (allows(account)) return caller;
    if (refusals++ < refusalsRecordedMax) {
      const event = {
        type: "access.refused",
        version: 1,
        stream: "access/daemon",
        data: { call, why: `uid ${account.uid} is not the owner` },
      };
      // A log that takes no more changes nothing about the refusal.
      await dispatcher.dispatch({ type: "note", event }, { by: actor, command: ids.next() }).catch(() => undefined);
    }
    throw new UserError("access-refused", `${actor.name} may not use the daemon of ${config.user.name}`, {
      exit: exitCodes.refused,
    });
  };
  return {
    check,
    admit: (peer, call, headers) =>
      check({ actor: actorOf(peer, headers), account: { uid: peer.uid, gid: peer.gid } }, call),
  };
}

/** Client versions are the client's word and bounded; all else is the kernel's. */
function actorOf(peer: Peer, headers: Readonly<Record<string, string>>): Actor {
  const client = headers[versionHeader]?.slice(0, 40);
  return {
    kind: "user",
    id: `unix:${peer.uid}`,
    name: userName(peer.uid),
    role: "admin",
    via: "unix",
    pid: peer.pid,
    ...callerOf(peer.pid),
    ...(client === undefined ? {} : { client: `${client}/${headers[protocolHeader]?.slice(0, 10) ?? "?"}` }),
  };
}
