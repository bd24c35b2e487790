/** The course of every changing verb: call, follow, closing line; for several instances at once, with one error at the end. */
import type { Accepted, Ended } from "../api/contract.ts";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import type { ExitCode } from "../errors.ts";
import { formatDuration } from "../model/duration.ts";
import type { Filter } from "../model/filter.ts";
import type { InstanceView, OperationBrief } from "../model/view.ts";
import { changeView } from "../render/change.ts";
import type { ChangeResult } from "../render/change.ts";
import type { Context, ProgressReport, Shape } from "./context.ts";
import { failureOf, follow, watchInterrupts } from "./follow.ts";
import type { Interruption } from "./follow.ts";
import { inTurn } from "./turn.ts";

export interface Change {
  /** Infinitive and past: `stop`, `Stopped`. */
  readonly verb: string;
  readonly done: string;
  readonly detach: boolean;
  /** What the lines call it, where that is not the instance's name alone. */
  readonly shown?: string | ((name: string) => string);
  readonly shape: Shape;
  /** Operations of this kind that are under way are waited for. */
  readonly behind?: OperationBrief["kind"];
  /** The instance that a name is of, where names are of places in instances. */
  readonly instanceOf?: (name: string) => string;
  /** Sends the request for one instance. */
  send(name: string): Promise<Accepted>;
  /** Calls back what `send` asks for, as long as it has not become an operation. */
  abandon?(): Promise<unknown>;
  /** What the closing line calls it, where that is known only then. */
  title?(ended: Ended): string;
  /** What the closing line says before the operation's number. */
  details?(ended: Ended): readonly string[];
  /** What follows the closing line: `(in the trash for 7 days ...)`. */
  remark?(ended: Ended): string | undefined;
  /** Lines below the closing one. May throw: it ended, but not as it should. */
  after?(ended: Ended): readonly string[];
}

/** Does `change` to every name in parallel, reports each as it ends, prints what a program wants to know, and answers the exit code. */
export async function changeAll(context: Context, names: readonly string[], change: Change): Promise<number> {
  if (names.length === 0) context.say(`Nothing to ${change.verb}.`);
  const report = context.progress();
  const interruption = watchInterrupts(context);
  const isOne = names.length === 1;
  const failures: { name: string; error: unknown }[] = [];
  const results: ChangeResult[] = [];
  try {
    await Promise.all(
      names.map(async (name) => {
        try {
          results.push(await changeOne(context, name, change, report, interruption, isOne ? undefined : name));
        } catch (error) {
          failures.push({ name, error });
          if (!isOne) report.say(`failed: ${name}: ${messageOf(error)}`);
        }
      }),
    );
  } finally {
    report.close();
    interruption.stop();
  }
  if (wantsData(change.shape)) await context.show(changeView(results), change.shape);
  throwFailures(failures, names.length, change.verb);
  return exitCodes.ok;
}

async function changeOne(
  context: Context,
  name: string,
  change: Change,
  report: ProgressReport,
  interruption: Interruption,
  subject: string | undefined,
): Promise<ChangeResult> {
  if (change.abandon) {
    const abandon = () =>
      change.abandon?.().catch((error: unknown) => report.say(`not cancelled: ${messageOf(error)}`));
    interruption.onCancel(() => void abandon());
  }
  const { operation, instance, note } = await untilReleased(
    sent(context, name, change, report, interruption),
    interruption,
    `${change.verb} ${name}`,
  );
  const shown = shownAs(change, name) ?? instance?.name ?? name;
  if (!operation) {
    report.say(`${shown} ${note ?? "needs nothing"}`);
    return { name: shown, instance };
  }
  if (change.detach) {
    report.say(
      `In the background: ${change.verb} ${shown}   operation ${operation.number}   (strata show ${operation.number})`,
    );
    return { name: shown, instance, operation };
  }
  const followed = await follow(context, operation, report, interruption, subject);
  const failure = failureOf({ ...followed, subject: shown }, `${change.verb} ${shown}`);
  if (failure) throw failure;
  const { ended } = followed;
  if (ended) {
    report.say(closingLine(change, shown, ended));
    for (const line of change.after?.(ended) ?? []) report.say(line);
  }
  return { name: shown, instance: ended?.instance, operation, durationMs: ended?.durationMs };
}

function sent(
  context: Context,
  name: string,
  { verb, behind, instanceOf, send }: Change,
  report: ProgressReport,
  interruption: Interruption,
): Promise<Accepted> {
  if (behind === undefined) return send(name);
  return inTurn(context, instanceOf?.(name) ?? name, { verb, behind, send: () => send(name) }, report, interruption);
}

const shownAs = ({ shown }: Change, name: string): string | undefined =>
  typeof shown === "function" ? shown(name) : shown;

/** Whoever lets go before there is an operation to name. */
async function untilReleased<Value>(answer: Promise<Value>, { released }: Interruption, what: string): Promise<Value> {
  const left = Promise.withResolvers<never>();
  const leave = () =>
    left.reject(
      new UserError("detached", `left ${what} to the daemon before it said what became of it`, {
        exit: exitCodes.interrupted,
        hints: [["next", "strata history"]],
      }),
    );
  if (released.aborted) leave();
  released.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([answer, left.promise]);
  } finally {
    released.removeEventListener("abort", leave);
  }
}

/** `Stopped: web   operation 4   2.1 s   (remark)` */
function closingLine(change: Change, name: string, ended: Ended): string {
  const remark = change.remark?.(ended);
  const parts = [
    `${change.done}: ${change.title?.(ended) ?? shownAs(change, name) ?? ended.instance?.name ?? name}`,
    ...(change.details?.(ended) ?? []),
    `operation ${ended.operation.number}`,
    formatDuration(ended.durationMs),
  ];
  return [...parts, ...(remark === undefined ? [] : [remark])].join("   ");
}

/** Results go to standard output only when a format was asked for; people read the closing lines. */
export const wantsData = ({ format, json, quiet }: Shape): boolean =>
  json || quiet || (format !== undefined && format !== "table");

/** One failure is thrown as it is; of several, one that counts them, with their common exit code or 2. */
function throwFailures(failures: readonly { name: string; error: unknown }[], total: number, verb: string): void {
  const [first] = failures;
  if (!first) return;
  if (total === 1) throw first.error;
  const unexpected = failures.find(({ error }) => !(error instanceof UserError));
  if (unexpected) throw unexpected.error;
  const exits = new Set<ExitCode>(
    failures.map(({ error }) => (error instanceof UserError ? error.exit : exitCodes.failed)),
  );
  const [exit] = exits;
  const names = failures.map(({ name }) => name).join(", ");
  throw new UserError("some-failed", `${verb} failed for ${failures.length} of ${total} instances: ${names}`, {
    exit: exits.size === 1 && exit !== undefined ? exit : exitCodes.failed,
  });
}

/** The names given, or with `all` or a filter those of `isMeant` that fit. Throws when neither or both were given. */
export async function targets(
  context: Context,
  verb: string,
  words: readonly string[],
  { all, filter: filters }: { readonly all: boolean; readonly filter: readonly Filter[] },
  isMeant: (instance: InstanceView) => boolean,
): Promise<readonly string[]> {
  const isByFilter = filters.length > 0;
  if ((all || isByFilter) && words.length > 0)
    throw usage("names-and-all", `${verb} takes names or ${isByFilter ? "--filter" : "--all"}, not both`);
  if (words.length > 0) return [...new Set(words)];
  if (!all && !isByFilter) throw await nameMissing(context, verb, isMeant);
  const instances = await context.api.call("instance.list", {});
  return instances.filter((each) => isMeant(each) && filters.every((isFit) => isFit(each))).map(({ name }) => name);
}

/** Names one that it makes sense for, when a daemon can be asked. */
async function nameMissing(
  { api }: Context,
  verb: string,
  isMeant: (instance: InstanceView) => boolean,
): Promise<UserError> {
  const instances = (await api.probe()) ? await api.call("instance.list", {}) : [];
  const only = instances.find(isMeant);
  const message = `${verb} needs the name of an instance, or --all`;
  return usage("argument-missing", message, only ? `strata ${verb} ${only.name}` : "strata list");
}

const usage = (code: string, message: string, next = "strata list") =>
  new UserError(code, message, { exit: exitCodes.usage, hints: [["next", next]] });
