/** The calls that answer with a stream: an operation's progress, the feed of events, a console. */
import type { Ended, Following, Input } from "../../api/contract.ts";
import type { StreamHandlers } from "../../api/server.ts";
import { upcast } from "../../events/catalog.ts";
import type { Recorded } from "../../events/envelope.ts";
import { viewInstance } from "../../events/projections/instances.ts";
import { createQueue } from "../queue.ts";
import { filesOf, pointIn } from "../past-files.ts";
import { resolveInstance, resolveOperation } from "../resolve.ts";
import { operationOf } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";
import { followHistory } from "./history.ts";

/** What may wait for a slow follower. */
const followingMax = 1_000;
const feedWaitingMax = 100_000;

export function streamHandlers(daemon: Daemon): Omit<StreamHandlers<Caller>, "metrics.follow"> {
  return {
    "operation.follow": (input, _caller, signal) => follow(daemon, input.operation, signal),
    "history.follow": (input, _caller, signal) => followHistory(daemon, input, signal),
    "point.changes": (input, _caller, signal) => changes(daemon, input, signal),
    "event.feed": (input, _caller, signal) => feed(daemon, input, signal),
    "instance.console": (input, _caller, signal) => console(daemon, input, signal),
  };
}

async function* follow(daemon: Daemon, numberOrId: string, signal: AbortSignal): AsyncGenerator<Following> {
  const { board, dispatcher, log } = daemon;
  const operation = await resolveOperation(log, numberOrId);
  const queue = createQueue<Following>(followingMax);
  const endWhenDone = async () => {
    // The outcome may be in the fold and not yet on disk, where its record is read from.
    if (await dispatcher.read((world) => world.pending.has(operation) || world.rollbacks.has(operation))) return;
    queue.push(await endedOf(daemon, operation));
    queue.end();
  };
  const deaf = board.listen(operation, queue.push);
  const unsubscribe = log.subscribe((records) => {
    if (records.some((record) => record.operation === operation)) endWhenDone().catch(queue.fail);
  });
  try {
    await endWhenDone();
    yield* untilEnded(queue.items(signal));
  } finally {
    deaf();
    unsubscribe();
  }
}

/** Two notices of one end may race; the first is the last word. */
async function* untilEnded(items: AsyncIterable<Following>): AsyncGenerator<Following> {
  for await (const item of items) {
    yield item;
    if (item.kind === "ended") return;
  }
}

async function endedOf(daemon: Daemon, operation: string): Promise<Ended> {
  const record = await operationOf(daemon, operation);
  const state = record.instance && daemon.dispatcher.world().instances.get(record.instance.id);
  const point = state?.points.find((each) => each.operation === record.number);
  const missed = record.events.find(({ type }) => type === "instance.point-missed");
  return {
    kind: "ended",
    operation: {
      id: record.id,
      number: record.number,
      kind: record.kind as Ended["operation"]["kind"],
      requestedAt: record.requestedAt,
    },
    result: record.result,
    durationMs: record.durationMs ?? 0,
    ...(record.failure ? { failure: record.failure } : {}),
    ...(state ? { instance: viewInstance(state) } : {}),
    ...(point && { point }),
    ...(missed && { pointMissed: String(missed.data["reason"]) }),
  };
}

async function* changes(daemon: Daemon, input: Input<"point.changes">, signal: AbortSignal) {
  const { instance } = input;
  const [before, after] = [await pointIn(daemon, instance, input.before), await pointIn(daemon, instance, input.after)];
  for await (const change of filesOf(daemon.driver).changes(before.layer, after.layer, signal)) yield { ...change };
}

async function* feed(
  { log }: Daemon,
  { after, follow: goesOn }: { after: number; follow: boolean },
  signal: AbortSignal,
) {
  const queue = createQueue<Recorded>(feedWaitingMax);
  const unsubscribe = goesOn ? log.subscribe((records) => records.forEach(queue.push)) : () => {};
  try {
    let last = after;
    for await (const record of log.read({ after, upTo: log.durable() })) {
      if (signal.aborted) return;
      last = record.position;
      yield { ...upcast(record) };
    }
    if (!goesOn) return;
    for await (const record of queue.items(signal)) if (record.position > last) yield { ...upcast(record) };
  } finally {
    unsubscribe();
  }
}

async function* console(
  { dispatcher, driver }: Daemon,
  input: { instance: string; follow: boolean },
  signal: AbortSignal,
) {
  const { id } = await dispatcher.read((world) => resolveInstance(world, input.instance));
  for await (const bytes of driver.console(id, { follow: input.follow, signal }))
    yield { base64: Buffer.from(bytes).toString("base64") };
}
