/** The disk of a running machine goes on in another layer at the very moment that its memory is kept for. */
import { messageOf } from "../../errors.ts";
import type { StopCause } from "../../model/instance.ts";
import type { OpenFile } from "../../sys/files.ts";
import { both } from "./both.ts";
import { switchTop } from "./disk.ts";
import type { Outcome } from "./disk-note.ts";
import type { Work } from "./freeze-running.ts";
import { readyWriting, tracksWrites } from "./guest-memory.ts";
import { watchGuest } from "./guest-watch.ts";
import type { GuestWatch } from "./guest-watch.ts";
import { removeIfThere } from "./layers.ts";
import { pauseOf, powerOff } from "./life.ts";
import { keepWritten, partialOf, removeMemory } from "./memories.ts";
import { bringBack, finishSaving, untilMigration } from "./migration.ts";
import { checkUnplugged } from "./mount-devices.ts";
import { layerPath, memoryPath } from "./paths.ts";

/** Undefined: the guest has ended before the switch, and the machine is off. The new layer is there. */
export async function withMemory(work: Work, memory: string, signal: AbortSignal): Promise<Outcome | undefined> {
  const { life, plan } = work;
  const { files, dataDirectory } = life.context;
  const path = memoryPath(dataDirectory, memory);
  await checkUnplugged(work.qmp);
  await files.makeDirectory(`${dataDirectory}/memories`, 0o700);
  await removeMemory(files, path);
  const file = await files.open(partialOf(path), "create", 0o600);
  const guest = watchGuest(life);
  try {
    await write(work, file, signal);
    const cause = guest.ended();
    if (cause !== undefined) return await endWith(work, cause);
    // The guest stands still, from here at the latest, to `bringBack`.
    await switchTop(work.qmp, plan.next);
    return await finish(work, memory, guest);
  } finally {
    guest.unwatch();
    await file.close();
  }
}

/** All but the last part. Whatever can be done before the guest stands still has been done by then. */
async function write({ life, qmp, running }: Work, file: OpenFile, signal: AbortSignal): Promise<void> {
  const writing = await readyWriting(life.context, running, qmp, file, "in parts");
  try {
    if (!tracksWrites(running.record.accelerator)) await qmp.execute("stop");
    const rest = await writing.begin();
    await both(rest, (limit) => untilMigration(qmp, "pre-switchover", pauseOf(life), limit), signal);
  } finally {
    await writing.close();
  }
}

/** After the switch: the guest goes on in any case, and what does not become of its memory is said. */
async function finish({ life, qmp, running }: Work, memory: string, guest: GuestWatch): Promise<Outcome> {
  const { clock, files, dataDirectory } = life.context;
  const path = memoryPath(dataDirectory, memory);
  let lost = await finishSaving(qmp, clock, pauseOf(life));
  const cause = guest.ended();
  if (cause === undefined) await bringBack(qmp, clock);
  else {
    lost = "the guest ended meanwhile";
    await powerOff(life, running.record, running.identity, cause);
  }
  const paused = guest.pausedMs();
  const common = paused === undefined ? {} : { pausedMs: paused };
  if (lost === undefined) {
    try {
      const memoryBytes = await keepWritten(files, path);
      const { build, accelerator } = running.record;
      return { consistency: "memory", ...common, kept: { memory, memoryBytes, build, accelerator } };
    } catch (error) {
      lost = messageOf(error);
    }
  }
  await removeMemory(files, path);
  return { consistency: "crash", ...common, memoryLost: lost };
}

/** The machine has ended by itself before anything was switched: it is ended, and nothing is left of the freeze. */
async function endWith({ life, plan, running }: Work, cause: StopCause): Promise<undefined> {
  const { files, dataDirectory } = life.context;
  await powerOff(life, running.record, running.identity, cause);
  await removeIfThere(files, layerPath(dataDirectory, plan.next));
  if (plan.memory !== undefined) await removeMemory(files, memoryPath(dataDirectory, plan.memory));
}
