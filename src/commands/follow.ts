/** Follows operations to their end: progress, Ctrl-C (first cancels, second lets go), and a daemon that restarts meanwhile. */
import { absentCode, brokenCode } from "../api/transport.ts";
import type { Accepted, Ended } from "../api/contract.ts";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import type { ExitCode, Hint } from "../errors.ts";
import type { Context, ProgressReport } from "./context.ts";
import { hintsFor } from "./failure-hints.ts";

type Operation = NonNullable<Accepted["operation"]>;

/** A daemon that goes away while it is followed is found or started again this often in a row. */
const reconnectsMax = 5;

export interface Followed {
  readonly operation: Operation;
  readonly subject: string;
  /** Undefined: we let go of it; it runs on. */
  readonly ended: Ended | undefined;
  readonly wasCancelled: boolean;
}

/** Watches for Ctrl-C on behalf of any number of operations that run at the same time. */
export interface Interruption {
  /** Aborts when the user lets go. */
  readonly released: AbortSignal;
  /** Called at the first Ctrl-C; at once when that has been. */
  onCancel(cancel: () => void): void;
  readonly isCancelled: () => boolean;
  stop(): void;
}

export function watchInterrupts(context: Context): Interruption {
  const released = new AbortController();
  const cancels: (() => void)[] = [];
  let isCancelled = false;
  const stop = context.onInterrupt((how) => {
    if (isCancelled || how === "hangup") return released.abort();
    isCancelled = true;
    for (const cancel of cancels) cancel();
  });
  return {
    released: released.signal,
    isCancelled: () => isCancelled,
    onCancel(cancel) {
      cancels.push(cancel);
      if (isCancelled) cancel();
    },
    stop,
  };
}

/** Aborts with `cancelled` when the user interrupts or lets go: for what has not become an operation, of which nothing is left. */
export function cancelledBy({ onCancel, released }: Interruption, what: string): AbortSignal {
  const controller = new AbortController();
  const end = () => controller.abort(new UserError("cancelled", `cancelled: ${what}`, { exit: exitCodes.interrupted }));
  onCancel(end);
  released.addEventListener("abort", end, { once: true });
  return controller.signal;
}

/** Follows one operation. `subject` names the instance where several are followed at once. */
export async function follow(
  context: Context,
  operation: Operation,
  report: ProgressReport,
  interruption: Interruption,
  subject?: string,
): Promise<Followed> {
  interruption.onCancel(() => {
    report.say(`cancelling operation ${operation.number}   (Ctrl-C again: leave it to the daemon)`);
    const request = { command: context.newCommand(), operation: operation.id };
    // What comes of it is heard from the stream; an operation that has just ended cannot be cancelled any more.
    context.api
      .call("operation.cancel", request)
      .catch((error: unknown) => report.say(`not cancelled: ${messageOf(error)}`));
  });
  const ended = await untilEnded(context, operation, report, interruption.released, subject);
  return { operation, subject: subject ?? "", ended, wasCancelled: interruption.isCancelled() };
}

/** Reports what becomes of an operation, also over restarts of the daemon. Undefined: `released` aborted before it ended. */
export async function untilEnded(
  context: Context,
  operation: Operation,
  report: ProgressReport,
  released: AbortSignal,
  subject: string | undefined,
): Promise<Ended | undefined> {
  for (let failures = 0; ;) {
    try {
      for await (const item of context.api.stream("operation.follow", { operation: operation.id }, released)) {
        failures = 0;
        if (item.kind === "ended") return item;
        report.add(item, subject);
      }
      if (released.aborted) return undefined;
      throw new UserError(brokenCode, "the daemon stopped telling how the operation goes on", {
        exit: exitCodes.unreachable,
      });
    } catch (error) {
      const isGone = error instanceof UserError && (error.code === brokenCode || error.code === absentCode);
      if (!isGone || ++failures > reconnectsMax) throw error;
      await context.clock.sleep(50 * failures);
    }
  }
}

/** What an operation that did not end well means to the user: an error to throw. Undefined: it ended well. */
export function failureOf({ operation, subject, ended }: Followed, what: string): UserError | undefined {
  if (!ended) {
    return new UserError("detached", `left operation ${operation.number} (${what}) to the daemon`, {
      exit: exitCodes.interrupted,
      hints: [["next", `strata show ${operation.number}, or strata cancel ${operation.number}`]],
    });
  }
  if (ended.result === "ok" || ended.result === "pending") return undefined;
  if (ended.result === "cancelled") {
    const left = ended.instance
      ? `${ended.instance.name} is ${ended.instance.state.toLowerCase()}`
      : "nothing is left of it";
    return new UserError("cancelled", `cancelled: ${what}, operation ${operation.number}; ${left}`, {
      exit: exitCodes.interrupted,
    });
  }
  const { step, code, reason } = ended.failure ?? {
    step: "end",
    code: "operation-failed",
    reason: "no reason was recorded",
  };
  const exit: ExitCode = ended.result === "timeout" ? exitCodes.timeout : exitCodes.failed;
  const name = ended.instance?.name ?? subject;
  const number = `strata show ${operation.number}`;
  const helps = hintsFor(code, reason, operation.kind);
  const look = ended.instance?.power === "running" ? lookAt(step, name) : undefined;
  const hints: Hint[] = look
    ? [
        ["kept", `${name} runs on, so that you can look at it`],
        ["next", look],
        ["why", `strata explain ${name}`],
      ]
    : helps.length > 0
      ? [...helps, ["why", number]]
      : [["next", ended.instance ? `strata explain ${name}` : number]];
  return new UserError(code, `${what} failed at ${step}: ${reason}`, { exit, hints });
}

/** The command that looks at a machine which was left running for that. */
function lookAt(step: string, name: string): string | undefined {
  if (step === "reachable") return `strata console ${name}`;
  if (step === "cloud-init") return `strata exec ${name} -- sudo cat /var/log/cloud-init-output.log`;
  return undefined;
}
