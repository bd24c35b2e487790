/** `strata wait`: returns when an instance is as wanted; told by the event feed, never by asking again and again. */
import { isCode } from "../api/client.ts";
import { absentCode, brokenCode } from "../api/transport.ts";
import { UserError, exitCodes } from "../errors.ts";
import { formatDuration } from "../model/duration.ts";
import { nearest } from "../model/name.ts";
import type { InstanceView } from "../model/view.ts";
import { defineVerb, instanceArgument, value } from "./command.ts";
import type { Context } from "./context.ts";
import { parseTimeout } from "./timeout.ts";

/** By its word: one that is being launched or restarted has no power for a moment. */
const isOff = ({ state }: InstanceView) => state === "Stopped" || state === "Crashed" || state === "Deleted";

/** When a wait is over. An instance that is gone is deleted. */
const conditions: Readonly<Record<string, (instance: InstanceView) => boolean>> = {
  ready: ({ health }) => health === "ready",
  running: ({ power }) => power === "running",
  stopped: isOff,
  deleted: ({ state }) => state === "Deleted",
  // It is the last step of a launch: a guest that answers and owes no launch has been through it.
  "cloud-init": ({ health, operation }) => health === "ready" && operation?.kind !== "launch",
};
const names = Object.keys(conditions);

const timeoutMsDefault = 600_000;
/** A daemon that goes away is found or started again this often in a row. */
const reconnectsMax = 5;

export const wait = defineVerb({
  name: "wait",
  aliases: [],
  group: "instances",
  summary: "Wait until an instance is ready, running, stopped or deleted",
  about: [
    "Comes back at once when it is so already, and as soon as the daemon records it otherwise. An operation that fails meanwhile ends the wait with its reason.",
  ],
  arguments: [instanceArgument],
  options: {
    for: { ...value("STATE", `${names.join(", ")} (ready)`, parseCondition), choices: names },
    timeout: value("TIME", "give up after this long, for example 90s (10m)", parseTimeout),
  },
  examples: [
    { line: "strata wait web", about: "until it answers over SSH" },
    { line: "strata wait web --for stopped --timeout 1m", about: "or exit code 5" },
  ],
  exits: [[5, "the time of --timeout passed"]],
  async run(context, { words: [name = ""], options }) {
    const wanted = options.for ?? "ready";
    const timeoutMs = options.timeout ?? timeoutMsDefault;
    const ended = new AbortController();
    const unwatch = context.onInterrupt(() => ended.abort(exitCodes.interrupted));
    void context.clock.sleep(timeoutMs).then(() => ended.abort(exitCodes.timeout));
    try {
      const last = await until(context, name, wanted, ended.signal);
      if (!ended.signal.aborted) return exitCodes.ok;
      if (ended.signal.reason === exitCodes.interrupted) return exitCodes.interrupted;
      throw late(name, wanted, timeoutMs, last);
    } finally {
      unwatch();
    }
  },
});

/** Resolves when the condition holds or `signal` aborts, with the instance as it was seen last. */
async function until(
  context: Context,
  name: string,
  wanted: string,
  signal: AbortSignal,
): Promise<InstanceView | undefined> {
  let failures = 0;
  const first = await look(context, name, wanted);
  let seen = first;
  while (!signal.aborted) {
    try {
      // The position comes first: what happens after it and before the look is seen twice, not missed.
      const { log } = await context.api.call("daemon.status", {});
      seen = await look(context, name, wanted);
      if (isOver(seen, first, wanted)) return seen;
      for await (const { stream } of context.api.stream("event.feed", { after: log.durable, follow: true }, signal)) {
        failures = 0;
        if (stream !== `instance/${first?.id}`) continue;
        seen = await look(context, first?.id ?? name, wanted);
        if (isOver(seen, first, wanted)) return seen;
      }
      if (signal.aborted) return seen;
      throw new UserError(brokenCode, "the daemon stopped telling what happens", { exit: exitCodes.unreachable });
    } catch (error) {
      if (!isCode(error, brokenCode) && !isCode(error, absentCode)) throw error;
      if (++failures > reconnectsMax) throw error;
    }
    await context.clock.sleep(50 * failures);
  }
  return seen;
}

/** The instance; undefined when it is gone and that is what is waited for. */
async function look({ api }: Context, name: string, wanted: string): Promise<InstanceView | undefined> {
  try {
    return (await api.call("instance.info", { instances: [name] }))[0];
  } catch (error) {
    if (wanted === "deleted" && isCode(error, "instance-not-found")) return undefined;
    throw error;
  }
}

/** Throws when an operation failed since `first` and nothing is under way that could still bring it about. */
function isOver(seen: InstanceView | undefined, first: InstanceView | undefined, wanted: string): boolean {
  if (!seen || conditions[wanted]?.(seen)) return true;
  const failure = seen.lastFailure;
  if (!failure || seen.operation || failure.at === first?.lastFailure?.at) return false;
  throw new UserError(
    failure.code,
    `${seen.name} will not be ${wanted}: it failed at ${failure.step}: ${failure.reason}`,
    {
      hints: [["next", `strata explain ${seen.name}`]],
    },
  );
}

function late(name: string, wanted: string, timeoutMs: number, last: InstanceView | undefined): UserError {
  const now = last ? `; it is ${last.state}${last.health === "none" ? "" : `, ${last.health}`}` : "";
  return new UserError("wait-timeout", `${name} was not ${wanted} within ${formatDuration(timeoutMs)}${now}`, {
    exit: exitCodes.timeout,
    hints: [["next", `strata explain ${name}`]],
  });
}

function parseCondition(text: string): string {
  if (Object.hasOwn(conditions, text)) return text;
  const close = nearest(text, names);
  throw new UserError("condition-unknown", `"${text}" is nothing that can be waited for`, {
    exit: exitCodes.usage,
    hints: [...(close === undefined ? [] : [["did you mean", close] as const]), ["form", names.join(", ")]],
  });
}
