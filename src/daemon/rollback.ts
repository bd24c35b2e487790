/** Carries rollbacks out: one step after the other, each an operation of its own; taken up again after a restart. */
import { messageOf, UserError } from "../errors.ts";
import type { Command } from "../events/decide.ts";
import { daemonActor, type Recorded } from "../events/envelope.ts";
import { ends, opens } from "../events/projections/endings.ts";
import type { RollbackState } from "../events/rollback/rollback.ts";
import type { EventLog } from "../events/store/log.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ids } from "../sys/ids.ts";
import type { Dispatcher } from "./dispatch.ts";
import { commandOf } from "./inverse-command.ts";
import { untilFree } from "./until-free.ts";

/** After a step could not be recorded, the rollback is looked at again this much later. */
const retryMs = 5_000;

export interface RollbackOptions {
  readonly dispatcher: Dispatcher;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly isWritable: () => boolean;
  /** An operation was opened. */
  readonly react: () => void;
  readonly report: (line: string) => void;
}

export interface RollbackRunner {
  /** Takes every rollback one step on, where one is due; cheap when none is. */
  react(): void;
  close(): void;
}

export function createRollbackRunner(options: RollbackOptions): RollbackRunner {
  const { dispatcher, clock, isWritable, report } = options;
  const busy = new Set<string>();
  let isClosed = false;

  function react(): void {
    if (isClosed || !isWritable()) return;
    for (const state of dispatcher.world().rollbacks.values()) if (!busy.has(state.id)) advance(state);
  }

  function advance(state: RollbackState): void {
    const { current } = state;
    if (current !== undefined && dispatcher.world().pending.has(current)) return;
    busy.add(state.id);
    (current === undefined ? begin(options, state) : end(options, state, current)).then(
      () => {
        busy.delete(state.id);
        react();
      },
      (error: unknown) => {
        busy.delete(state.id);
        report(`rollback ${state.number}: ${messageOf(error)}`);
        clock.after(retryMs, react);
      },
    );
  }

  return {
    react,
    close: () => {
      isClosed = true;
    },
  };
}

/** Dispatches the next step's command; what is refused, or is so already, has ended. */
async function begin(options: RollbackOptions, state: RollbackState): Promise<void> {
  const { dispatcher, ids, react, clock } = options;
  const { id, plan, ended: index, number } = state;
  const step = plan[index];
  if (!step || state.isCancelled) return dispatchEnd(options, state, undefined);
  if ("id" in step) await untilFree(options, step.id);
  const operation = ids.next();
  const inner = commandOf({ clock, ids }, step, operation);
  const command: Command = { type: "begin-step", rollback: id, index, command: inner };
  const asked = { by: daemonActor, command: ids.next(), operation, reason: `a step of operation ${number}` };
  try {
    const records = await dispatcher.dispatch(command, asked);
    react();
    if (records.length === 0) await dispatchEnd(options, state, undefined);
  } catch (error) {
    if (!(error instanceof UserError) || !isRefusal(error)) throw error;
    await dispatchEnd(options, state, { code: error.code, reason: error.message });
  }
}

/** A log that takes no more is no answer to the step. */
const isRefusal = ({ code }: UserError): boolean => !code.startsWith("storage-") && !code.startsWith("log-");

async function end(options: RollbackOptions, state: RollbackState, operation: string): Promise<void> {
  // The end may be in the fold and not yet on disk, where it is read from.
  await options.dispatcher.read(() => undefined);
  const records: Recorded[] = [];
  for await (const record of options.log.read({ operation })) records.push(record);
  const kind = records.map(opens).find((each) => each !== undefined);
  const ending = kind && records.map((record) => ends(record, kind)).findLast((each) => each !== undefined);
  const failure = ending && ending.result !== "ok" ? ending.failure : undefined;
  await dispatchEnd(options, state, failure);
}

async function dispatchEnd(
  { dispatcher, ids }: RollbackOptions,
  { id, ended: index }: RollbackState,
  failure: { readonly code: string; readonly reason: string } | undefined,
): Promise<void> {
  const why = failure && { failure: { code: failure.code, reason: failure.reason } };
  const command: Command = { type: "end-step", rollback: id, index, ...why };
  await dispatcher.dispatch(command, { by: daemonActor, command: ids.next(), operation: id });
}
