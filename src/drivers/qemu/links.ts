/**
 * A switch in front of a machine's card, made of QEMU's filters on its network (filter-redirector in qemu(1)). A filter of queue `rx`
 * sees what the guest sends, from the last filter of the list to the first; one with an `outdev` takes it away, one with an `indev`
 * lets in what then goes on to the filters before it. So the list is: inlet, wall, outlet. The wall takes away all that comes to it and
 * leads nowhere: without an outlet nothing passes, and what the inlet lets in is past it.
 */
import { UserError } from "../../errors.ts";
import type { Cables } from "../links.ts";
import { reach } from "./life.ts";
import type { Life } from "./life.ts";
import type { Qmp } from "./qmp.ts";
import { listObjects } from "./qom.ts";
import { addFilter, raiseWall, removeFilter, takeWallDown } from "./wall.ts";

/** Of a filter, and of the character device that it has for itself. */
const names = { fromGuest: "switch-out", toNetwork: "switch-in", toGuest: "switch-to" } as const;
const cableNames = Object.keys(names) as (keyof typeof names)[];

/** Throws as `LinkSupport.plug`. */
export async function plug(life: Life, cables: Cables, signal: AbortSignal): Promise<void> {
  const qmp = await reach(life, signal);
  if (!qmp) throw new UserError("machine-not-running", "the machine does not run");
  await raiseWall(qmp);
  await removeCables(qmp);
  try {
    await addCables(qmp, cables);
  } catch (error) {
    // Half of them would look to the switch like all, and the guest would stay behind its wall.
    await removeCables(qmp).catch(() => undefined);
    throw error;
  }
}

async function addCables(qmp: Qmp, cables: Cables): Promise<void> {
  for (const cable of cableNames) await addSocket(qmp, names[cable], cables[cable]);
  // The way in first: what the guest sends is answered from the first frame on.
  await addFilter(qmp, names.toGuest, { queue: "tx", indev: names.toGuest });
  await addFilter(qmp, names.toNetwork, { queue: "rx", indev: names.toNetwork, position: "head" });
  await addFilter(qmp, names.fromGuest, { queue: "rx", outdev: names.fromGuest, position: "tail" });
}

/** See `LinkSupport.isPlugged`: the filter that is added last is there. */
export async function isPlugged(life: Life, signal: AbortSignal): Promise<boolean> {
  const qmp = await reach(life, signal);
  if (!qmp) return false;
  const objects = await listObjects(qmp, "/objects");
  return objects.some(({ name }) => name === names.fromGuest);
}

/** See `LinkSupport.unplug`. */
export async function unplug(life: Life, signal: AbortSignal): Promise<void> {
  const qmp = await reach(life, signal);
  if (!qmp) return;
  await removeCables(qmp);
  await takeWallDown(qmp);
}

async function removeCables(qmp: Qmp): Promise<void> {
  for (const cable of cableNames) await removeFilter(qmp, names[cable]);
}

async function addSocket(qmp: Qmp, id: string, cable: { readonly descriptor: number }): Promise<void> {
  await qmp.pass(id, cable);
  const data = { addr: { type: "fd", data: { str: id } }, server: false };
  await qmp.execute("chardev-add", { id, backend: { type: "socket", data } });
}
