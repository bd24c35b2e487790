/** Following an operation: its end is told when it is on disk, and a trouble on the way reaches the follower alone. */
import { expect, test } from "bun:test";
import type { Daemon } from "../../src/daemon/handlers/context.ts";
import { streamHandlers } from "../../src/daemon/handlers/streams.ts";
import { createProgressBoard } from "../../src/daemon/progress.ts";
import { createQueue } from "../../src/daemon/queue.ts";
import type { Recorded } from "../../src/events/envelope.ts";
import { emptyWorld, type World } from "../../src/events/world.ts";
import { recordOf } from "../spec.ts";

const caller = { actor: { kind: "user", id: "unix:1", name: "u", role: "admin", via: "unix" } } as const;
const record = (type: string, position: number, data: Record<string, unknown>) =>
  recordOf({ type, version: 1, stream: "instance/i-1", data }, position, { operation: "op-1" });
const intent = record("instance.start-requested", 1, { number: 1, deadline: "" });
const outcome = record("instance.started", 2, {});

/** A log whose newest record is folded and not yet on disk until `sync`. */
function daemonWith(read: (world: World) => Promise<void>) {
  const onDisk: Recorded[] = [intent];
  const world = emptyWorld();
  const daemon = {
    board: createProgressBoard(),
    dispatcher: {
      world: () => world,
      async read(compute: (world: World) => unknown) {
        const answer = compute(world);
        await read(world);
        return answer;
      },
    },
    log: {
      async *read() {
        yield* onDisk;
      },
      subscribe: () => () => {},
    },
  } as unknown as Daemon;
  return { daemon, sync: () => void onDisk.push(outcome) };
}

const follow = async (daemon: Daemon) => {
  const items = [];
  const signal = new AbortController().signal;
  for await (const item of streamHandlers(daemon)["operation.follow"]({ operation: "op-1" }, caller, signal))
    items.push(item);
  return items;
};

test("an end that is folded and not yet on disk is waited for", async () => {
  const { daemon, sync } = daemonWith(async () => sync());
  expect(await follow(daemon)).toMatchObject([{ kind: "ended", result: "ok" }]);
});

test("a disk that fails on the way is told to the follower", async () => {
  const { daemon } = daemonWith(() => Promise.reject(new Error("no disk")));
  await expect(follow(daemon)).rejects.toThrow("no disk");
});

test("a queue hands out what it holds before its failure", async () => {
  const queue = createQueue<number>(2);
  queue.push(1);
  queue.fail(new Error("broken"));
  const items = queue.items(new AbortController().signal);
  expect((await items.next()).value).toBe(1);
  await expect(items.next()).rejects.toThrow("broken");
});
