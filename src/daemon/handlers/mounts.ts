/** The calls about mounts: what is asked for becomes a mount of the caller's. */
import type { AskedMount } from "../../api/mount-calls.ts";
import type { CallHandlers } from "../../api/server.ts";
import type { World } from "../../events/world.ts";
import { defaultId, homeOf, plainPath, targetOf } from "../../model/mount-words.ts";
import type { Mount } from "../../model/mount.ts";
import { resolveInstance } from "../resolve.ts";
import { change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

/** With room for installing sshfs in a guest that has none. */
const mountMs = 360_000;
const unmountMs = 60_000;

export function mountHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, "instance.mount" | "instance.unmount"> {
  const inMs = (ms: number) => new Date(daemon.clock.now().getTime() + ms).toISOString();
  return {
    "instance.mount": ({ instance, ...asked }, caller) => {
      const build = (world: World, operation: string) => {
        const { id, user } = resolveInstance(world, instance);
        const mount = mountOf(daemon, asked, user, caller);
        return { type: "mount", id, operation, deadline: inMs(mountMs), mount } as const;
      };
      return change(daemon, caller, asked, build, "");
    },
    "instance.unmount": ({ instance, target, force, ...input }, caller) => {
      const build = (world: World, operation: string) => {
        const { id, user } = resolveInstance(world, instance);
        const path = plainPath(target, homeOf(user));
        return { type: "unmount", id, operation, deadline: inMs(unmountMs), target: path, force } as const;
      };
      return change(daemon, caller, input, build, "");
    },
  };
}

/** The caller is the owner of the files that are served, and in the guest its user, unless maps say other. */
export function mountOf(daemon: Pick<Daemon, "config">, asked: AskedMount, user: string, caller: Caller): Mount {
  const { source, target = "", type, readOnly, uids, gids } = asked;
  const owner = ownerOf(daemon, caller);
  return {
    // What is relative to no folder that the daemon knows is refused by the rules.
    source: source.startsWith("/") ? plainPath(source, "/") : source,
    target: targetOf(target, source, homeOf(user)),
    type,
    readOnly,
    uids: uids ?? [[owner.uid, defaultId]],
    gids: gids ?? [[owner.gid, defaultId]],
    owner,
  };
}

/** Only a root daemon can be somebody else: another one serves with its own rights, whoever asks. */
function ownerOf({ config: { user } }: Pick<Daemon, "config">, { account }: Caller): Mount["owner"] {
  if (user.uid !== 0) return { uid: user.uid, gid: user.gid };
  if (!account) throw new Error("bug: a mount is asked for by a user of this machine");
  return { uid: account.uid, gid: account.gid };
}
