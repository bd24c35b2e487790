/** Native mounts: virtiofs. A server on the host that acts for one user, its device in the machine, and the mount in the guest. */
import type { MountSupport } from "../../drivers/mounts.ts";
import { UserError } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import { nativeMaps } from "../../mounts/id-maps.ts";
import { createServers, type ServerNote, type ServerPorts, type Servers } from "../../mounts/servers.ts";
import { serveCommand } from "../../mounts/virtiofs.ts";
import { sha256Hex } from "../../sys/hash.ts";
import type { Ids } from "../../sys/ids.ts";
import type { Enter } from "./guest-words.ts";
import { nativeGuest, type NativeGuest } from "./native-guest.ts";
import type { MountWay, OpenMount, WantedMount } from "./way.ts";

export interface NativeOptions extends ServerPorts {
  /** The driver's, once there is one. */
  readonly devices: () => MountSupport | undefined;
  readonly enter: Enter;
  /** All groups of a user of the host. */
  readonly groupsOf: (uid: number, gid: number) => readonly number[];
  readonly ids: Pick<Ids, "bytes">;
  /** The daemon's own: only root can be somebody else. */
  readonly uid: number;
}

/** How often a server is looked at: what a guest asks of a dead one waits until it is taken out. */
const lookMs = 500;
const tagBytes = 5;

/** What all steps of one mount need. */
interface Work {
  readonly devices: MountSupport;
  readonly servers: Servers;
  readonly guest: NativeGuest;
  readonly id: string;
  readonly mount: WantedMount;
  /** Of the note on its server. */
  readonly path: string;
}

export function createNativeWay(options: NativeOptions): MountWay {
  const servers = createServers(options);
  return {
    async open(instance, mount, signal) {
      const work = workOn(options, servers, instance, mount);
      const { devices, guest, id, path } = work;
      const old = await servers.find(path);
      const { login } = await guest.ask(old?.tag ?? "", signal);
      const plan = await planOf(options, devices, mount, login, signal);
      if (old && (await isStill(work, old, textOf(plan), signal))) return goOn(options, work, old, signal);
      if (old) await leave(work, old, signal);
      const tag = Buffer.from(options.ids.bytes(tagBytes)).toString("hex");
      const door = await devices.door(id, tag, signal);
      const note = await servers.start(
        path,
        serveCommand({ ...plan, door }),
        { tag, plan: textOf(plan) },
        mount.owner.uid,
      );
      return begin(options, work, note, signal);
    },
  };
}

function workOn(options: NativeOptions, servers: Servers, instance: InstanceState, mount: WantedMount): Work {
  const devices = options.devices();
  if (!devices)
    throw new UserError("mount-unsupported", "machines on this host cannot have native mounts", {
      hints: [["next", "mount it with --type classic"]],
    });
  const path = `${devices.notes(instance.id)}/mount-${sha256Hex(Buffer.from(mount.target)).slice(0, 16)}.json`;
  return { devices, servers, guest: nativeGuest(options.enter, instance), id: instance.id, mount, path };
}

type Plan = Omit<Parameters<typeof serveCommand>[0], "door">;

async function planOf(
  { uid, groupsOf }: NativeOptions,
  devices: MountSupport,
  { source, readOnly, uids, gids, owner }: WantedMount,
  login: { readonly uid: number; readonly gid: number },
  signal: AbortSignal,
): Promise<Plan> {
  const maps = nativeMaps({ uids, gids, owner }, login);
  const server = await devices.server(signal);
  if (server.kind === "system" && uid === 0)
    throw new UserError(
      "mount-unsupported",
      "a daemon of root makes native mounts with the virtiofsd that strata carries, and this one carries none",
      {
        hints: [["next", "mount it with --type classic"]],
      },
    );
  return { server, source, readOnly, as: { ...owner, groups: groupsOf(owner.uid, owner.gid) }, ...maps };
}

/** Where the server's program lies may change, and the groups of a user: one that runs goes on. */
const textOf = ({ source, readOnly, as: { uid, gid }, uids, gids }: Plan): string =>
  JSON.stringify({ source, readOnly, uid, gid, uids, gids });

/** An earlier daemon's, or the guest has booted again since: nothing has to be done but to mount it, if at all. */
async function isStill(work: Work, note: ServerNote, plan: string, signal: AbortSignal): Promise<boolean> {
  const { devices, servers, id } = work;
  if (!servers.isAlive(note) || note.plan !== plan || (await servers.isLost(note))) return false;
  return (await devices.attached(id, signal)).includes(note.tag);
}

async function begin(options: NativeOptions, work: Work, note: ServerNote, signal: AbortSignal): Promise<OpenMount> {
  try {
    await work.devices.attach(work.id, note.tag, signal);
  } catch (error) {
    await work.servers.end(work.path, note);
    throw error;
  }
  return goOn(options, work, note, signal);
}

async function goOn(options: NativeOptions, work: Work, note: ServerNote, signal: AbortSignal): Promise<OpenMount> {
  const { mount, guest, devices, servers, id, path } = work;
  try {
    await guest.mount(mount.target, note.tag, mount.readOnly, signal);
  } catch (error) {
    // What cannot be unplugged now is found by its note the next time.
    if (!signal.aborted)
      await devices.detach(id, note.tag, signal).then(
        () => servers.end(path, note),
        () => undefined,
      );
    throw error;
  }
  return opened(options, work, note);
}

/** The server or its folder is gone, or another one is wanted. Of a dead one the device goes first: what the guest asks for is answered then, with an error. */
async function leave(work: Work, note: ServerNote, signal: AbortSignal): Promise<void> {
  const { guest, devices, servers, id, mount, path } = work;
  const isPlugged = (await devices.attached(id, signal)).includes(note.tag);
  const isDead = isPlugged && !servers.isAlive(note);
  const isQuiet = !isDead || (await guest.leave(mount.target, note.tag, signal));
  if (isDead && isQuiet) await devices.detach(id, note.tag, signal);
  if (isQuiet) await guest.unmount(mount.target, note.tag, true, signal);
  if (!isDead) await devices.detach(id, note.tag, signal);
  await servers.end(path, note);
}

function opened({ clock }: NativeOptions, work: Work, note: ServerNote): OpenMount {
  const { devices, servers, guest, id, mount, path } = work;
  const ended = Promise.withResolvers<string>();
  const over = new AbortController();
  const end = (why: string) => {
    over.abort(why);
    ended.resolve(why);
  };
  watch(clock, servers, path, note, over.signal).then(end, () => undefined);
  return {
    ended: ended.promise,
    async close({ force, signal }) {
      // Of a machine that is gone the server goes by itself; one that runs on is found by the next daemon.
      if (signal.aborted) return end("let go of");
      const given = guest.unmount(mount.target, note.tag, force, signal);
      await (force ? given.catch(() => undefined) : given);
      await devices.detach(id, note.tag, signal);
      await servers.end(path, note);
      end("unmounted");
    },
  };
}

/** Resolves with why it is over. */
async function watch(
  clock: NativeOptions["clock"],
  servers: Servers,
  path: string,
  note: ServerNote,
  signal: AbortSignal,
): Promise<string> {
  while (servers.isAlive(note)) {
    if (await servers.isLost(note)) return "its folder was removed on the host";
    await servers.tend(path);
    await clock.sleep(lookMs, signal);
  }
  return `the server of the folder ended: ${await servers.lastWords(path)}`;
}
