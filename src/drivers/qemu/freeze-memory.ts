/** The disk of a running machine goes on in another layer at the very moment that its memory is kept for. */
import { messageOf } from "../../errors.ts";
import type { StopCause } from "../../model/instance.ts";
import type { OpenFile } from "../../sys/files.ts";
import { both } from "./both.ts";
import { switchTop } from "./disk.ts";
import type { Outcome } from "./disk-note.ts";
import { prepareLayer } from "./freeze-work.ts";
import type { Work } from "./freeze-work.ts";
import { createWriting, tracksWrites } from "./guest-memory.ts";
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
  const { files, dataDirectory } = work.life.context;
  const path = memoryPath(dataDirectory, memory);
  await checkUnplugged(work.qmp);
  await files.makeDirectory(`${dataDirectory}/memories`, 0o700);
  await removeMemory(files, path);
  const file = await files.open(partialOf(path), "create", 0o600);
  const guest = watchGuest(work.life);
  try {
    const switched = await write(work, file, guest, signal);
    if (switched.cause !== undefined) return await endWith(work, switched.cause);
    return await finish(work, memory, guest, switched.lost);
  } finally {
    guest.unwatch();
    await file.close();
  }
}

/** What became of the switch: the guest had ended by itself before it, or the disk is on its new layer. */
interface Switched {
  readonly cause?: StopCause;
  /** Why there is no memory for it. */
  readonly lost?: string;
}

/** To the end of the memory, the guest standing still. Whatever can be done before that has been done by then. */
async function write(work: Work, file: OpenFile, guest: GuestWatch, signal: AbortSignal): Promise<Switched> {
  const { life, qmp, running } = work;
  const writing = createWriting(life.context, running, qmp, file, "in parts");
  const seen: { switched?: Switched } = {};
  const goOver = async (limit: AbortSignal) => {
    await untilMigration(qmp, "pre-switchover", pauseOf(life), limit);
    limit.throwIfAborted();
    seen.switched = await switchOver(work, guest);
  };
  try {
    await both((limit) => prepareLayer(work, limit), writing.ready, signal);
    if (!tracksWrites(running.record.accelerator)) await qmp.execute("stop");
    // What is left to be written is written meanwhile.
    await both(await writing.begin(), goOver, signal);
    return seen.switched ?? {};
  } catch (error) {
    if (seen.switched === undefined) throw error;
    return { ...seen.switched, lost: messageOf(error) };
  } finally {
    await writing.close();
  }
}

/** The guest stands still, from here at the latest, to `bringBack`. */
async function switchOver({ life, qmp, plan }: Work, guest: GuestWatch): Promise<Switched> {
  const cause = guest.ended();
  if (cause !== undefined) return { cause };
  await switchTop(qmp, plan.next);
  const lost = await finishSaving(qmp, life.context.clock, pauseOf(life));
  return lost === undefined ? {} : { lost };
}

/** After the switch: the guest goes on in any case, and what does not become of its memory is said. */
async function finish(
  { life, qmp, running }: Work,
  memory: string,
  guest: GuestWatch,
  notSaved: string | undefined,
): Promise<Outcome> {
  const { clock, files, dataDirectory } = life.context;
  const path = memoryPath(dataDirectory, memory);
  let lost = notSaved;
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
