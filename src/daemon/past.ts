/** The state as it was: the log folded up to a place in it. Read-only, and no driver is asked. */
import type { Input } from "../api/contract.ts";
import { exitCodes, UserError } from "../errors.ts";
import type { Recorded } from "../events/envelope.ts";
import { isFinding } from "../events/store/verdict.ts";
import type { World } from "../events/world.ts";
import type { AsOf } from "../model/view.ts";
import type { Clock } from "../sys/clock.ts";
import { resolveOperation } from "./resolve.ts";
import { loadWorldOf, type StateOptions } from "./state.ts";

export type At = Input<"past.instances">["at"];

export interface Then {
  readonly world: World;
  readonly asOf: AsOf;
}

export interface PastOptions extends StateOptions {
  readonly clock: Pick<Clock, "now">;
}

/** Questions that wait for their turn: one world of then is held at a time, beside the one of now. */
const waitingMax = 16;

export interface Past {
  /**
   * Rejects with `before-beginning` where nothing was recorded yet, `operation-not-found`, `past-busy`, and what makes a log
   * unreadable.
   */
  at<Answer>(at: At | { readonly position: number }, look: (then: Then) => Answer | Promise<Answer>): Promise<Answer>;
}

export function createPast(options: PastOptions): Past {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    async at(at, look) {
      if (waiting >= waitingMax) throw busy();
      waiting += 1;
      const answer = last.then(async () => look(await foldUpTo(options, at))).finally(() => (waiting -= 1));
      last = answer.catch(() => undefined);
      return answer;
    },
  };
}

async function foldUpTo(options: PastOptions, at: At | { readonly position: number }): Promise<Then> {
  const { log } = options;
  const { position, ...found } =
    "position" in at
      ? await atPosition(options, at.position)
      : "operation" in at
        ? await afterOperation(options, at.operation)
        : await atTime(options, at.time);
  const world = await loadWorldOf(options, position);
  const mode = log.mode();
  // A part of what was must not look like all of it.
  if (world.position !== position) throw mode.kind === "read-only" ? mode.error : new Error("bug: a fold ends early");
  const newest = found.operation ?? world.nextNumber - 1;
  return { world, asOf: { time: found.time, position, ...(newest > 0 && { operation: newest }) } };
}

interface Place {
  readonly time: string;
  readonly position: number;
  /** The one that was asked for. */
  readonly operation?: number;
}

/** Right after its last event, so far. */
async function afterOperation({ log }: PastOptions, operation: number): Promise<Place> {
  const id = await resolveOperation(log, String(operation));
  const record = await firstOf(log.read({ operation: id, reverse: true, limit: 1 }));
  if (record) return { time: record.time, position: record.position, operation };
  throw new Error("bug: an operation has an event");
}

async function atPosition({ log }: PastOptions, position: number): Promise<Place> {
  const record = await firstOf(log.read({ after: position - 1, upTo: position }));
  if (record) return { time: record.time, position };
  throw beforeBeginning("nothing was recorded yet");
}

async function atTime({ log, clock }: PastOptions, wanted: string): Promise<Place> {
  const now = clock.now().toISOString();
  const time = wanted < now ? wanted : now;
  const position = await log.positionAt(time);
  const mode = log.mode();
  // What came after the last record that can be read, nobody knows.
  if (mode.kind === "read-only" && isFinding(mode.error) && position === log.durable()) throw mode.error;
  if (position > 0) return { time, position };
  const first = await firstOf(log.read({ limit: 1 }));
  throw beforeBeginning(`nothing was recorded yet at ${time}${first ? `: the log begins at ${first.time}` : ""}`);
}

async function firstOf(records: AsyncIterable<Recorded>): Promise<Recorded | undefined> {
  for await (const record of records) return record;
  return undefined;
}

export const beforeBeginning = (message: string): UserError =>
  new UserError("before-beginning", message, { hints: [["next", "strata history --reverse"]] });

const busy = (): UserError =>
  new UserError("past-busy", `${waitingMax} questions about the past wait for an answer already`, {
    exit: exitCodes.failed,
    hints: [["next", "strata daemon status"]],
  });
