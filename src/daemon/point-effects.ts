/** Freezing a disk and going back: the steps of points, as driver calls. */
import type { Driver } from "../drivers/driver.ts";
import { exitCodes, messageOf, UserError } from "../errors.ts";
import type { FrozenLayer, Missed } from "../events/instance/commands.ts";
import type { InstanceState, PendingOperation } from "../events/instance/state.ts";
import { ownLayers, type Layers } from "../events/layers.ts";
import type { Clock } from "../sys/clock.ts";
import type { Mounts } from "./mounts/mounts.ts";
import { codeOf, type Effects } from "./reactor.ts";

type Snapshots = Pick<Driver, "snapshots">;

interface Ports {
  readonly driver: Pick<Driver, "snapshots" | "stop">;
  readonly clock: Clock;
  readonly mounts: Pick<Mounts, "release">;
}

/** Before a restore does anything: can one go there at all? */
export async function checkTarget(
  { snapshots }: Snapshots,
  { restore, abandoned, done }: PendingOperation,
  signal: AbortSignal,
): Promise<void> {
  if (!restore || abandoned || done.length > 0) return;
  const { layer, kept } = restore.to;
  await snapshots.check({ layer, ...(kept && { kept }) }, signal);
}

export function createPointEffects({ driver, clock, mounts }: Ports): Pick<Effects, "freeze" | "rewind"> {
  const { snapshots } = driver;
  return {
    freeze: async (instance, operation, signal) => {
      // Out of time: it may have been done before, and that has to be known whatever became of the target.
      if (!signal.aborted) await checkTarget(driver, operation, signal);
      const { wanted } = operation;
      if (!wanted) throw new Error("bug: a freeze makes a point");
      if (wanted.memory !== undefined && !signal.aborted) await mounts.release(instance, signal);
      const { layer, specs, ordinal } = instance;
      const plan = { layer, next: wanted.next, bytes: specs.disk, ordinal };
      const whole = { ...plan, ...(wanted.memory !== undefined && { memory: wanted.memory }) };
      const ask = (limit: AbortSignal) => snapshots.freeze(instance.id, whole, limit);
      return { step: "freeze", frozen: await untilKnown(clock, ask, signal, takePower(driver, instance.id)) };
    },
    rewind: async ({ id, ordinal }, { restore }, signal) => {
      if (!restore) throw new Error("bug: a rewind goes somewhere");
      const { to, next, specs } = restore;
      const plan = { from: to.layer, next, bytes: specs.disk, ordinal };
      const whole = { ...plan, ...(to.kept && { kept: to.kept }) };
      await untilKnown(clock, (limit) => snapshots.rewind(id, whole, limit), signal);
      return { step: "rewind" };
    },
  };
}

const takePower =
  (driver: Pick<Driver, "stop">, id: string): Ask<unknown> =>
  (signal) =>
    driver.stop(id, "forced", signal);

/** The point that an operation makes by the way, of a disk that has changed. A failure is the answer, and fails nothing else. */
export async function freezeByTheWay(
  { driver, clock }: Omit<Ports, "mounts">,
  { id, layer, specs, ordinal }: InstanceState,
  { wanted, abandoned }: PendingOperation,
  signal: AbortSignal,
): Promise<{ point?: FrozenLayer | Missed }> {
  if (!wanted || abandoned) return {};
  const { freeze, isWritten } = driver.snapshots;
  const plan = { layer, next: wanted.next, bytes: specs.disk, ordinal };
  try {
    if (!(await untilKnown(clock, (limit) => isWritten(layer, limit), signal))) return {};
    const ask = (limit: AbortSignal) => freeze(id, plan, limit);
    return { point: await untilKnown(clock, ask, signal, takePower(driver, id)) };
  } catch (error) {
    if (signal.reason === "closing") throw error;
    return { point: { code: codeOf(error), reason: messageOf(error) } };
  }
}

/** How long one answer to what was given up is waited for, and all of them together. */
const answerMs = 60_000;
const patienceMs = 600_000;
const pauseMs = 1_000;
/** After these nobody knows whether it was done. */
const unknown: ReadonlySet<string> = new Set(["driver-timeout", "freeze-unknown"]);

type Ask<Answer> = (signal: AbortSignal) => Promise<Answer>;

/**
 * What is given up may have been done: only its answer says on which layer the disk stands, so it is asked for again. `force` is for
 * a machine that says nothing for ten minutes: afterwards there is an answer.
 */
async function untilKnown<Answer>(
  clock: Clock,
  ask: Ask<Answer>,
  signal: AbortSignal,
  force?: Ask<unknown>,
): Promise<Answer> {
  try {
    return await ask(signal);
  } catch (error) {
    if (!(signal.aborted || isUnknown(error)) || signal.reason === "closing") throw error;
    const isOver = after(clock, patienceMs);
    for (;;) {
      try {
        return await within(clock, ask);
      } catch (again) {
        if (!isUnknown(again) || signal.reason === "closing") throw again;
        if (isOver()) break;
      }
      await clock.sleep(pauseMs);
    }
    if (force === undefined) throw error;
    await within(clock, force);
    return within(clock, ask);
  }
}

/** Layers that an import is about to make, the upper ones first. */
export function importedLayers({ pending }: { readonly pending?: InstanceState["pending"] | undefined }): string[] {
  const { points = [], now } = pending?.import ?? {};
  return [...(now ? [now.layer] : []), ...points.map(({ layer }) => layer).toReversed()];
}

const isUnknown = (error: unknown): boolean => error instanceof UserError && unknown.has(error.code);

function after(clock: Clock, ms: number): () => boolean {
  const endMs = clock.monotonicMs() + ms;
  return () => clock.monotonicMs() >= endMs;
}

function within<Answer>(clock: Clock, ask: Ask<Answer>): Promise<Answer> {
  const limit = new AbortController();
  const silence = new UserError("driver-timeout", `no answer came within ${answerMs / 1000} s`, {
    exit: exitCodes.timeout,
  });
  const disarm = clock.after(answerMs, () => limit.abort(silence));
  return ask(limit.signal).finally(disarm);
}

/** What goes with an instance for good: layers that nothing else stands on, and memory that its points keep. */
export function belongings(layers: Layers, instance: InstanceState): { layers: string[]; memories: string[] } {
  const own = [...ownLayers(layers, instance), ...importedLayers(instance)];
  return {
    // Until there is an event that tells of the disk, only the instance knows of its layer.
    layers: own.includes(instance.layer) || layers.has(instance.layer) ? own : [instance.layer, ...own],
    memories: instance.points.flatMap(({ kept }) => kept?.memory ?? []),
  };
}
