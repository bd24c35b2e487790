/** Changing calls with their operations followed to the end, under a spinner. */
import type { Accepted, Ended } from "../../api/contract.ts";
import { UserError } from "../../errors.ts";
import type { ShownProgress } from "../../model/operation.ts";
import type { ProgressReport } from "../context.ts";
import { cancelledBy, failureOf, follow, watchInterrupts } from "../follow.ts";
import type { Interruption } from "../follow.ts";
import type { MultipassContext } from "./context.ts";
import { eachOf } from "./each.ts";
import { createSpinner, noSpinner } from "./spinner.ts";
import type { Spinner } from "./spinner.ts";
import { Stop, multipassExit } from "./stop.ts";

export interface Step {
  /** `stop web`, for messages. */
  readonly what: string;
  /** What the spinner says from a piece of progress on; undefined: as before. */
  readonly onProgress?: (progress: ShownProgress, spinner: Spinner) => void;
  /** Said when the time that the line gave is over: exit 5. */
  readonly timeoutText?: string;
  /** `signal` aborts at Ctrl-C, for what is done here before the daemon is asked. */
  send(spinner: Spinner, signal: AbortSignal): Promise<Accepted>;
  /** Calls back what `send` asks for, as long as it has not become an operation. */
  abandon?(): Promise<unknown>;
}

export interface Work extends Step {
  /** What the spinner says from the beginning on. Absent: nothing is drawn. */
  readonly says?: string;
}

export interface Done {
  readonly accepted: Accepted;
  readonly ended: Ended | undefined;
}

/** Throws what the call throws, a UserError for an operation that did not end well, and `Stop` with exit 5. */
export const perform = (context: MultipassContext, { says, ...step }: Work): Promise<Done> =>
  inSight(context, says, (sight) => performStep(sight, step));

/** The same for each of several, at once and under one spinner. Answers exit 0; throws as `eachOf`. */
export const performEach = <Item>(
  context: MultipassContext,
  { verb, says, items }: { readonly verb: string; readonly says?: string; readonly items: readonly Item[] },
  stepOf: (item: Item) => Step,
): Promise<number> =>
  inSight(context, says, (sight) => eachOf(verb, items, (item) => performStep(sight, stepOf(item))));

/** `Stopping web`: what the spinner says of the names that a line gives; undefined: all. */
export function sayingOf(doing: string, names: readonly string[] | undefined): string {
  if (names === undefined) return `${doing} all instances`;
  return `${doing} ${names.length === 1 ? names[0] : "requested instances"}`;
}

interface Sight {
  readonly context: MultipassContext;
  readonly spinner: Spinner;
  readonly interruption: Interruption;
}

async function inSight<Result>(
  context: MultipassContext,
  says: string | undefined,
  work: (sight: Sight) => Promise<Result>,
): Promise<Result> {
  const spinner = says === undefined ? noSpinner : createSpinner(context);
  const interruption = watchInterrupts(context);
  if (says !== undefined) spinner.start(says);
  try {
    return await work({ context, spinner, interruption });
  } finally {
    spinner.stop();
    interruption.stop();
  }
}

async function performStep({ context, spinner, interruption }: Sight, step: Step): Promise<Done> {
  const { what, onProgress, timeoutText, abandon } = step;
  const report: ProgressReport = {
    add: (progress) => onProgress?.(progress, spinner),
    say: () => undefined,
    close: () => undefined,
  };
  if (abandon) interruption.onCancel(() => void abandon().catch(() => undefined));
  const accepted = await step.send(spinner, cancelledBy(interruption, `${what}; nothing was made`));
  if (!accepted.operation) return { accepted, ended: undefined };
  const followed = await follow(context, accepted.operation, report, interruption);
  if (followed.ended?.result === "timeout" && timeoutText !== undefined)
    throw new Stop(timeoutText, multipassExit.timeout);
  const failure = failureOf(followed, what);
  if (failure) throw bare(failure, followed.ended);
  return { accepted, ended: followed.ended };
}

/** The reason alone: what failed is said in front of it. */
const bare = (failure: UserError, ended: Ended | undefined): UserError =>
  ended?.failure ? new UserError(failure.code, ended.failure.reason, { exit: failure.exit }) : failure;
