/** The disk of a running machine goes on in another layer: while its file systems stand still, or together with its memory. */
import { messageOf } from "../../errors.ts";
import type { StopCause } from "../../model/instance.ts";
import type { FreezePlan } from "../driver.ts";
import { layersFolder, openLayer, switchTop } from "./disk.ts";
import { noteTop } from "./disk-note.ts";
import type { Outcome } from "./disk-note.ts";
import { readEvent } from "./judge.ts";
import { removeIfThere } from "./layers.ts";
import { powerOff, untilEvent } from "./life.ts";
import type { Life, Running } from "./life.ts";
import { keepWritten, partialOf, removeMemory } from "./memories.ts";
import { beginSaving, bringBack, finishSaving, untilMigration } from "./migration.ts";
import { layerPath, memoryPath } from "./paths.ts";
import type { Qmp, QmpEvent } from "./qmp.ts";
import { findAgent, freezeFileSystems, thaw } from "./quiet.ts";
import type { Agent } from "./agent.ts";
import { forgetFreeze, writeRun } from "./run-record.ts";
import type { Freezing, LiveRecord } from "./run-record.ts";
import { makeTop } from "./tops.ts";
import { settleFreeze } from "./unfinished.ts";

/** What one freeze works on. */
interface Work {
  readonly life: Life;
  readonly qmp: Qmp;
  readonly plan: FreezePlan;
  readonly running: Running;
  readonly record: LiveRecord & { readonly freezing: Freezing };
}

/** What became of it; undefined: the guest powered itself off before the switch, so that the machine is off, on its old top. */
export async function freezeRunning(
  life: Life,
  running: Running,
  qmp: Qmp,
  plan: FreezePlan,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { layer, next, memory } = plan;
  const freezing: Freezing = { layer, next, ...(memory !== undefined && { memory }) };
  const work = { life, qmp, plan, running, record: { ...running.record, freezing } };
  try {
    await prepare(work, signal);
    const outcome = memory === undefined ? await withoutMemory(work, signal) : await withMemory(work, memory, signal);
    await forget(life);
    return outcome;
  } catch (error) {
    await undo(work);
    throw error;
  }
}

/** The new layer stands open beside the old one. */
async function prepare({ life, qmp, plan, running, record }: Work, signal: AbortSignal): Promise<void> {
  const { context, paths } = life;
  const { layer, next, bytes, ordinal } = plan;
  await writeRun(context.files, paths.run, record);
  await makeTop(context, { layer: next, parent: layer, bytes, ordinal }, signal);
  await noteTop(context, paths, { layer: next, parent: layer });
  await openLayer(qmp, layersFolder(context.processes, running.identity), next);
}

/** After a failure: what was not switched is as it was. Where that cannot be done now, the next look at the machine does it. */
async function undo({ life, qmp, record }: Work): Promise<void> {
  try {
    await settleFreeze(life, record.freezing, qmp);
    await forget(life);
  } catch {
    // It is on record.
  }
}

/** What is on record of the freeze has done its duty, unless the guest's agent is late. */
async function forget({ context, paths, thawing }: Life): Promise<void> {
  if (thawing === undefined) await forgetFreeze(context.files, paths.run);
}

/** With the guest's agent, if there is one that answers. */
async function withoutMemory(work: Work, signal: AbortSignal): Promise<Outcome> {
  const { life, qmp, plan } = work;
  const agent = await findAgent(life, qmp, signal);
  if (agent !== undefined) return quietly(work, agent);
  const { clock } = life.context;
  const beganMs = clock.monotonicMs();
  await switchTop(qmp, plan.next);
  return { consistency: "crash", pausedMs: Math.round(clock.monotonicMs() - beganMs) };
}

async function quietly({ life, qmp, plan, record }: Work, agent: Agent): Promise<Outcome> {
  const { context, paths } = life;
  const { clock } = context;
  // Before it is asked: whoever finds this lets the file systems go on.
  const asked = { ...record, freezing: { ...record.freezing, isQuiet: true } };
  await writeRun(context.files, paths.run, asked).catch((error: unknown) => {
    agent.close();
    throw error;
  });
  const isQuiet = await freezeFileSystems(agent);
  const beganMs = clock.monotonicMs();
  await switchTop(qmp, plan.next).finally(() => thaw(life, agent));
  return { consistency: isQuiet ? "quiet" : "crash", pausedMs: Math.round(clock.monotonicMs() - beganMs) };
}

async function withMemory(work: Work, memory: string, signal: AbortSignal): Promise<Outcome | undefined> {
  const { life, qmp, plan, running } = work;
  const { files, dataDirectory } = life.context;
  const path = memoryPath(dataDirectory, memory);
  await files.makeDirectory(`${dataDirectory}/memories`, 0o700);
  await removeMemory(files, path);
  const file = await files.open(partialOf(path), "create", 0o600);
  const guest = watchGuest(life);
  try {
    if (!tracksWrites(running.record.accelerator)) await qmp.execute("stop");
    await beginSaving(qmp, file, "in parts");
    await untilMigration(qmp, "pre-switchover", (ms, limit) => untilEvent(life, ms, limit), signal);
    const cause = guest.ended();
    if (cause !== undefined) return await endWith(work, cause);
    // The guest stands still, from here at the latest, to `bringBack`.
    await switchTop(qmp, plan.next);
    return await finish(work, memory, guest);
  } finally {
    guest.unwatch();
    await file.close();
  }
}

/**
 * Can the memory be written while the guest changes it? QEMU's own emulation before version 9.0 loses track of some writes
 * ("physmem: Fix migration dirty bitmap coherency with TCG memory access"), and such memory crashes the guest that goes on from it.
 */
const tracksWrites = (accelerator: LiveRecord["accelerator"]): boolean => accelerator !== "tcg";

/** After the switch: the guest goes on in any case, and what does not become of its memory is said. */
async function finish({ life, qmp, running }: Work, memory: string, guest: GuestWatch): Promise<Outcome> {
  const { clock, files, dataDirectory } = life.context;
  const path = memoryPath(dataDirectory, memory);
  let lost = await finishSaving(qmp, clock, (ms) => untilEvent(life, ms));
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

interface GuestWatch {
  /** Why the guest has ended by itself meanwhile. */
  ended(): StopCause | undefined;
  /** How long it stood still. */
  pausedMs(): number | undefined;
  unwatch(): void;
}

function watchGuest({ listeners, context }: Life): GuestWatch {
  let cause: StopCause | undefined;
  let stoppedMs: number | undefined;
  let resumedMs: number | undefined;
  const hear = (event: QmpEvent) => {
    const atMs = event.atMs ?? context.clock.now().getTime();
    if (event.name === "STOP") stoppedMs = atMs;
    if (event.name === "RESUME") resumedMs = atMs;
    const { isEnd, happening } = readEvent(event);
    if (isEnd) cause ??= happening?.kind === "panicked" ? "panic" : "guest";
  };
  listeners.add(hear);
  return {
    ended: () => cause,
    pausedMs: () =>
      stoppedMs === undefined || resumedMs === undefined ? undefined : Math.max(0, Math.round(resumedMs - stoppedMs)),
    unwatch: () => void listeners.delete(hear),
  };
}
