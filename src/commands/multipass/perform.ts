/** One changing call with its operation followed to the end, under a spinner. */
import type { Accepted, Ended } from "../../api/contract.ts";
import { UserError } from "../../errors.ts";
import type { ShownProgress } from "../../model/operation.ts";
import type { ProgressReport } from "../context.ts";
import { failureOf, follow, watchInterrupts } from "../follow.ts";
import type { MultipassContext } from "./context.ts";
import { createSpinner } from "./spinner.ts";
import type { Spinner } from "./spinner.ts";
import { Stop, multipassExit } from "./stop.ts";

export interface Work {
  /** `stop web`, for messages. */
  readonly what: string;
  /** What the spinner says from the beginning on. */
  readonly says: string;
  /** What it says from a piece of progress on; undefined: as before. */
  readonly onProgress?: (progress: ShownProgress, spinner: Spinner) => void;
  /** Said when the time that the line gave is over: exit 5. */
  readonly timeoutText?: string;
  send(): Promise<Accepted>;
  /** Calls back what `send` asks for, as long as it has not become an operation. */
  abandon?(): Promise<unknown>;
}

export interface Done {
  readonly accepted: Accepted;
  readonly ended: Ended | undefined;
}

/** Throws what the call throws, a UserError for an operation that did not end well, and `Stop` with exit 5. */
export async function perform(context: MultipassContext, work: Work): Promise<Done> {
  const spinner = createSpinner(context);
  const interruption = watchInterrupts(context);
  const report: ProgressReport = {
    add: (progress) => work.onProgress?.(progress, spinner),
    say: () => undefined,
    close: () => spinner.stop(),
  };
  const { abandon } = work;
  if (abandon) interruption.onCancel(() => void abandon().catch(() => undefined));
  spinner.start(work.says);
  try {
    const accepted = await work.send();
    if (!accepted.operation) return { accepted, ended: undefined };
    const followed = await follow(context, accepted.operation, report, interruption);
    if (followed.ended?.result === "timeout" && work.timeoutText !== undefined)
      throw new Stop(work.timeoutText, multipassExit.timeout);
    const failure = failureOf(followed, work.what);
    if (failure) throw bare(failure, followed.ended);
    return { accepted, ended: followed.ended };
  } finally {
    spinner.stop();
    interruption.stop();
  }
}

/** The reason alone: what failed is said in front of it. */
const bare = (failure: UserError, ended: Ended | undefined): UserError =>
  ended?.failure ? new UserError(failure.code, ended.failure.reason, { exit: failure.exit }) : failure;
