/** Folders of the host in a machine that runs: vhost-user-fs devices on its root ports, plugged in and out over QMP. */
import { UserError, messageOf } from "../../errors.ts";
import { checkSocketPath } from "../../sys/socket.ts";
import type { FileServer, MountDoor, MountSupport } from "../mounts.ts";
import { hotPorts } from "./args.ts";
import { passageTo } from "./boot.ts";
import { removeIfThere } from "./layers.ts";
import { isRunning, judge, reach, untilEvent } from "./life.ts";
import type { Life } from "./life.ts";
import type { Qmp } from "./qmp.ts";
import { listObjects } from "./qom.ts";

/** What one machine does of the contract. */
export interface MountDevices {
  readonly notes: string;
  door(tag: string, signal: AbortSignal): Promise<MountDoor>;
  attach(tag: string, signal: AbortSignal): Promise<void>;
  detach(tag: string, signal: AbortSignal): Promise<void>;
  attached(signal: AbortSignal): Promise<readonly string[]>;
}

const driver = "vhost-user-fs-pci";
/** Requests that wait in a queue: as many as QEMU allows. */
const queueLength = 1024;
/** A guest lets a device go within a second; an emulated one that is busy booting takes longer. */
const unplugDeadlineMs = 30_000;
const lookAgainMs = 250;

const deviceOf = (tag: string) => `fs-${tag}`;
const lineOf = (tag: string) => `fs-line-${tag}`;

export function createMounts(server: () => Promise<FileServer>, of: (id: string) => MountDevices): MountSupport {
  return {
    notes: (id) => of(id).notes,
    server,
    door: (id, tag, signal) => of(id).door(tag, signal),
    attach: (id, tag, signal) => of(id).attach(tag, signal),
    detach: (id, tag, signal) => of(id).detach(tag, signal),
    attached: (id, signal) => of(id).attached(signal),
  };
}

export function createMountDevices(life: Life): MountDevices {
  return {
    notes: life.paths.directory,
    door: (tag, signal) => life.turns(() => door(life, tag, signal)),
    attach: (tag, signal) => life.turns(() => attach(life, tag, signal)),
    detach: (tag, signal) => life.turns(() => detach(life, tag, signal)),
    attached: (signal) =>
      life.turns(async () => {
        const qmp = await reach(life, signal);
        return qmp ? tagsOf(qmp) : [];
      }),
  };
}

const socketOf = ({ paths }: Life, tag: string) => checkSocketPath(`${paths.runtime}/fs-${tag}`);

async function door(life: Life, tag: string, signal: AbortSignal): Promise<MountDoor> {
  const seen = await judge(life, signal);
  if (!isRunning(seen)) throw notRunning();
  return { socket: socketOf(life, tag), uid: seen.record.uid };
}

async function attach(life: Life, tag: string, signal: AbortSignal): Promise<void> {
  const qmp = await reach(life, signal);
  if (qmp === undefined) throw notRunning();
  if ((await tagsOf(qmp)).includes(tag)) return;
  const bus = await freePort(qmp);
  const { through } = await passageTo(life.context, life.paths);
  // One that a daemon left which died between the two.
  await dropLine(qmp, tag);
  try {
    await qmp.execute("chardev-add", { id: lineOf(tag), backend: lineTo(through(socketOf(life, tag))) });
    const device = { driver, id: deviceOf(tag), chardev: lineOf(tag), tag, bus, "queue-size": queueLength };
    await qmp.execute("device_add", device);
  } catch (error) {
    await dropLine(qmp, tag).catch(() => undefined);
    throw new UserError("mount-failed", `the folder's device was not plugged in: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

const lineTo = (path: string) => ({ type: "socket", data: { addr: { type: "unix", data: { path } }, server: false } });

async function detach(life: Life, tag: string, signal: AbortSignal): Promise<void> {
  const qmp = await reach(life, signal);
  if (qmp === undefined) return;
  await untilUnplugged(life, qmp, tag, signal);
  await dropLine(qmp, tag);
  await removeIfThere(life.context.files, socketOf(life, tag));
}

/** Asks the guest, and again, since one that boots may not have heard it. */
async function untilUnplugged(life: Life, qmp: Qmp, tag: string, signal: AbortSignal): Promise<void> {
  const endMs = life.context.clock.monotonicMs() + unplugDeadlineMs;
  while ((await tagsOf(qmp)).includes(tag)) {
    if (life.context.clock.monotonicMs() > endMs)
      throw new UserError("mount-stuck", "the guest does not let go of the folder's device", {
        hints: [["why", "something in the guest waits for it, or the guest hangs; it goes with the next stop"]],
      });
    // Refused while an earlier request is under way, and when it has just gone.
    await qmp.execute("device_del", { id: deviceOf(tag) }).catch(unlessRefused);
    await untilEvent(life, lookAgainMs, signal);
  }
}

async function dropLine(qmp: Qmp, tag: string): Promise<void> {
  await qmp.execute("chardev-remove", { id: lineOf(tag) }).catch(unlessRefused);
}

function unlessRefused(error: unknown): void {
  if (!(error instanceof UserError && error.code === "qmp-refused")) throw error;
}

/** Devices with a name of their own are children of `/machine/peripheral`. */
async function tagsOf(qmp: Qmp): Promise<string[]> {
  const all = await listObjects(qmp, "/machine/peripheral");
  const ours = all.filter(({ type }) => type === `child<${driver}>`);
  return ours.map(({ name }) => name.slice(deviceOf("").length)).sort();
}

/** The last one that has nothing on it: cards of networks begin at the other end. A port's bus lists what is on it as `child[N]`. */
async function freePort(qmp: Qmp): Promise<string> {
  for (const port of hotPorts.toReversed()) {
    const onIt = await listObjects(qmp, `/machine/peripheral/${port}/${port}`);
    if (!onIt.some(({ name }) => name.startsWith("child["))) return port;
  }
  throw new UserError(
    "mount-unsupported",
    `the machine has no free place for one more folder: it has ${hotPorts.length}`,
    {
      hints: [["or", "strata mount --type classic, which needs none"]],
    },
  );
}

/** Memory cannot be saved with one: throws `memory-not-moved`, which QEMU would say in its own words. */
export async function checkUnplugged(qmp: Qmp): Promise<void> {
  if ((await tagsOf(qmp)).length === 0) return;
  throw new UserError("memory-not-moved", "a folder of the host is plugged in, and that memory cannot be saved", {
    hints: [["next", "unmount it; where the guest does not let go of it, stop and start the instance"]],
  });
}

const notRunning = () => new UserError("machine-not-running", "the machine does not run");
