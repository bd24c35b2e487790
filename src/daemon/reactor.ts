/** Runs the next step of each pending operation and dispatches what came of it. Level-triggered: it looks at what is owed, not at what was said. */
import { messageOf, UserError } from "../errors.ts";
import { daemonActor } from "../events/envelope.ts";
import type { StepResult } from "../events/instance/commands.ts";
import type { InstanceState, PendingOperation } from "../events/instance/state.ts";
import { nextStep } from "../events/instance/steps.ts";
import { formatDuration } from "../model/duration.ts";
import { formatSize } from "../model/size.ts";
import type { OperationResult, Progress, Step } from "../model/operation.ts";
import type { Clock } from "../sys/clock.ts";
import { isFull } from "../sys/files.ts";
import type { Ids } from "../sys/ids.ts";
import { createDeadlines, type Deadlines } from "./deadlines.ts";
import type { Dispatcher } from "./dispatch.ts";

/** One step's work on the machine. Rejects with a UserError, or with the signal's reason. */
export type Effect = (
  instance: InstanceState,
  operation: PendingOperation,
  signal: AbortSignal,
  progress: (progress: Progress) => void,
) => Promise<StepResult>;
export type Effects = Readonly<Record<Step, Effect>>;

/** After an outcome could not be recorded, what is owed is looked at again this much later. */
const retryMs = 5_000;
/** Taking back what an abandoned operation made gets this long, whatever its deadline was. */
const takingBackMs = 60_000;

export interface Reactor {
  /** Starts what is owed and not running; cheap when nothing is. */
  react(): void;
  /** Aborts everything that runs; what it was for stays pending in the log. Resolves when all have let go. */
  close(): Promise<void>;
}

export interface ReactorOptions {
  readonly dispatcher: Dispatcher;
  readonly effects: Effects;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Nothing real is begun whose outcome could not be recorded. */
  readonly isWritable: () => boolean;
  /** A step of this instance failed: what is true now may differ from what is believed. */
  readonly failed: (instanceId: string) => void;
  readonly say: (operation: string, progress: Progress) => void;
  /** A bug or a storage failure: one line for the daemon's own log. */
  readonly report: (line: string) => void;
}

/** Why a running step is aborted. */
type Abort = "cancelled" | "timeout" | "closing" | "not-owed";

export function createReactor(options: ReactorOptions): Reactor {
  const { dispatcher, clock, say, report } = options;
  const deadlines = createDeadlines(clock);
  const running = new Map<string, { controller: AbortController; whole: Promise<void> }>();
  /** Operations whose next step may have been done already: by an earlier daemon, or it could not be recorded. */
  const unsure = new Set(dispatcher.world().pending.keys());
  let isClosing = false;

  function react(): void {
    if (isClosing || !options.isWritable()) return;
    const { pending, instances } = dispatcher.world();
    for (const [operation, id] of pending) {
      const instance = instances.get(id);
      if (!instance?.pending) continue;
      const current = running.get(operation);
      if (current && instance.pending.cancelled && !instance.pending.abandoned)
        current.controller.abort("cancelled" satisfies Abort);
      if (current && nextStep(instance.pending) === undefined) current.controller.abort("not-owed" satisfies Abort);
      if (!current) start(instance, instance.pending);
    }
  }

  function start(instance: InstanceState, operation: PendingOperation): void {
    const step = nextStep(operation);
    if (!step && !operation.isDetached) return;
    const controller = new AbortController();
    const isUnsure = unsure.delete(operation.id);
    const work = step
      ? runStep({ ...options, deadlines, isUnsure }, instance, operation, step, controller)
      : conclude(options, instance, operation);
    const whole = work.then(
      () => {
        running.delete(operation.id);
        react();
      },
      (error) => {
        running.delete(operation.id);
        unsure.add(operation.id);
        report(`operation ${operation.number}, ${step ? `step ${step}` : "its end"}: ${messageOf(error)}`);
        clock.after(retryMs, react);
      },
    );
    running.set(operation.id, { controller, whole });
    if (step) say(operation.id, { kind: "step", step, detail: "" });
  }

  return {
    react,
    async close() {
      isClosing = true;
      for (const { controller } of running.values()) controller.abort("closing" satisfies Abort);
      await Promise.allSettled([...running.values()].map(({ whole }) => whole));
    },
  };
}

/** Nothing is owed any more: its instance was detached while somebody was waited for inside. */
async function conclude(
  { dispatcher, ids }: ReactorOptions,
  { id }: InstanceState,
  { id: operation }: PendingOperation,
) {
  await dispatcher.dispatch({ type: "conclude", id, operation }, { by: daemonActor, command: ids.next(), operation });
}

type StepOptions = ReactorOptions & { readonly deadlines: Deadlines; readonly isUnsure: boolean };

async function runStep(
  options: StepOptions,
  instance: InstanceState,
  operation: PendingOperation,
  step: Step,
  controller: AbortController,
): Promise<void> {
  const { dispatcher, ids, failed } = options;
  // The intent may be in the fold and not yet on disk: nothing real happens before it is. A failed write may even have taken it back.
  const isOwed = await dispatcher.read((world) => world.instances.get(instance.id)?.pending?.id === operation.id);
  if (!isOwed) return;
  const outcome = await attempt(options, instance, operation, step, controller);
  if (outcome === undefined) return;
  // A success that cannot be recorded is no failure of the step: it stays owed, and is confirmed at the next try.
  const asked = { by: daemonActor, command: ids.next(), operation: operation.id };
  await dispatcher.dispatch({ ...outcome, id: instance.id, operation: operation.id }, asked);
  if (outcome.type === "step-failed") failed(instance.id);
}

type Outcome =
  | { readonly type: "step-succeeded"; readonly result: StepResult }
  | ({ readonly type: "step-failed"; readonly step: Step } & StepFailure);

/** The step's work under its deadline; undefined when the daemon ends under it. */
async function attempt(
  { effects, clock, say, deadlines, isUnsure }: StepOptions,
  instance: InstanceState,
  operation: PendingOperation,
  step: Step,
  controller: AbortController,
): Promise<Outcome | undefined> {
  const { signal } = controller;
  const startedMs = clock.monotonicMs();
  const tookMs = () => clock.monotonicMs() - startedMs;
  // What is taken away is taken away whole: a deadline that passes between the work and its record must not call it undone.
  const isTakenAway = operation.abandoned !== undefined || step === "destroy";
  const leftMs = isTakenAway ? takingBackMs : deadlines.leftMs(operation);
  const expire = () => controller.abort("timeout" satisfies Abort);
  if (operation.cancelled && !operation.abandoned) controller.abort("cancelled" satisfies Abort);
  if (leftMs <= 0) expire();
  const disarm = clock.after(Math.max(0, leftMs), expire);
  try {
    // What ran out of time while no daemon was there is not begun; but a disk may have moved on before that, and must be asked.
    if (!(isUnsure && movesDisk(step, operation))) signal.throwIfAborted();
    const result = await effects[step](instance, operation, signal, (progress) => say(operation.id, progress));
    say(operation.id, { kind: "step-done", step, detail: detailOf(result), durationMs: tookMs() });
    return { type: "step-succeeded", result };
  } catch (error) {
    if (signal.reason === "closing" || signal.reason === "not-owed") return undefined;
    return { type: "step-failed", step, ...failureOf(error, signal, step, tookMs()) };
  } finally {
    disarm();
  }
}

/** Only its answer says on which layer a disk stands. */
const movesDisk = (step: Step, { wanted }: PendingOperation): boolean =>
  step === "freeze" || step === "rewind" || (step === "stop" && wanted !== undefined);

interface StepFailure {
  readonly code: string;
  readonly reason: string;
  readonly result: Exclude<OperationResult, "ok" | "pending">;
}

function failureOf(error: unknown, signal: AbortSignal, step: Step, tookMs: number): StepFailure {
  if (signal.reason === "cancelled") return { code: "cancelled", reason: "it was cancelled", result: "cancelled" };
  if (signal.reason === "timeout") {
    const reason = `the step "${step}" was not done after ${formatDuration(tookMs)}, when the operation's time was up`;
    return { code: `${step}-timeout`, reason, result: "timeout" };
  }
  return { code: codeOf(error), reason: messageOf(error), result: "failed" };
}

/** A disk that is full is the host's matter, no fault in here. */
export function codeOf(error: unknown): string {
  if (error instanceof UserError) return error.code;
  return isFull(error) ? "no-space" : "internal";
}

function detailOf(result: StepResult): string {
  if (result.step === "image")
    return [result.title, ...(result.checked === undefined ? [] : [result.checked])].join("   ");
  if (result.step === "boot")
    return `${result.accelerator}${result.adopted ? ", found running" : result.resumed ? ", from its memory" : ""}`;
  if (result.step === "clock") return `was ${result.behindSeconds} s behind, is ${result.offSeconds} s off`;
  if (result.step === "suspend") return `${formatSize(result.memoryBytes)} of memory saved`;
  if (result.step === "resize")
    return result.isGrown ? "the guest has the room" : "the guest takes it at its next boot";
  if (result.step === "cloud-init") return result.status === "none" ? "none in this guest" : result.status;
  return "";
}
