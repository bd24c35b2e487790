/** The history that goes on, over a real log: what was, what ends, and taking it up again. */
import { expect, test } from "bun:test";
import type { Input, Output } from "../../src/api/contract.ts";
import type { Daemon } from "../../src/daemon/handlers/context.ts";
import { followHistory } from "../../src/daemon/handlers/history.ts";
import { loadWorld } from "../../src/daemon/state.ts";
import { ann, directory, open, readAll } from "../events/store/bed.ts";
import { createDisk } from "../simulation/disk.ts";
import { type Fact, facts, running } from "../spec.ts";

const whole = [...running, facts.stopRequested, facts.stopped("user", "op-2")];
const session = (type: string, id: string): Fact => ({
  type: `instance.session-${type}`,
  data: { session: id, ...(type === "started" ? { kind: "exec", arguments: 0, terminal: false } : { result: "0" }) },
});

async function daemonWith(given: readonly Fact[]) {
  const { log } = await open(createDisk().boot());
  const tell = async ({ type, data = {}, operation }: Fact, stream = "instance/i-1") => {
    const events = [{ type, version: 1, stream, data }];
    await log.append({ events, command: "c", by: ann, ...(operation !== undefined && { operation }) }).durable;
  };
  for (const fact of given) await tell(fact);
  const world = await loadWorld({ directory, files: createDisk().boot(), log });
  const daemon = { log, dispatcher: { world: () => world } } as unknown as Daemon;
  const stop = new AbortController();
  const follow = (input: Partial<Input<"history.follow">> = {}) => {
    const items = followHistory(daemon, { limit: 10, ...input }, stop.signal);
    return async (): Promise<Output<"history.follow"> | undefined> => (await items.next()).value ?? undefined;
  };
  return { log, tell, follow, stop };
}

const whats = (item: Output<"history.follow"> | undefined) =>
  item?.rows.map(({ what, result }) => `${what}: ${result}`);

test("the newest rows come first, the oldest of them first, then a row as each operation ends", async () => {
  const { log, tell, follow } = await daemonWith(running);
  const next = follow();
  const first = await next();
  expect([whats(first), first?.position]).toEqual([["launch web: ok"], log.durable()]);
  const ended = next();
  await tell(facts.stopRequested);
  await tell(facts.stopped("user", "op-2"));
  expect(whats(await ended)).toEqual(["stop web: ok"]);
  const spontaneous = next();
  await tell(facts.booted());
  expect(whats(await spontaneous)).toEqual(["found running: web: -"]);
});

test("a session is told when it has ended, and not what lies in the middle of an operation", async () => {
  const { tell, follow } = await daemonWith(running);
  const next = follow({ limit: 0 });
  expect(whats(await next())).toEqual([]);
  const ended = next();
  await tell(session("started", "s-1"));
  await tell(facts.restartRequested);
  await tell(facts.stopped("user", "op-2"));
  await tell(session("ended", "s-1"));
  expect(whats(await ended)).toEqual(["exec x1: 0"]);
});

test("taken up again after a position, it goes on with what ended behind it, once", async () => {
  const { log, follow, stop } = await daemonWith([...whole, session("started", "s-1"), session("ended", "s-1")]);
  const records = await readAll(log);
  const launched = records.find(({ type }) => type === "instance.launched")?.position ?? 0;
  const next = follow({ after: launched - 1 });
  expect(whats(await next())).toEqual(["launch web: ok"]);
  const again = follow({ after: launched });
  expect(whats(await again())).toEqual(["stop web: ok"]);
  expect(whats(await again())).toEqual(["exec x1: 0"]);
  const waiting = again();
  stop.abort();
  expect(await waiting).toBeUndefined();
});

test("only what fits is told: of one instance, of one kind, of one key", async () => {
  const { tell, follow } = await daemonWith(running);
  const [mine, sets] = [follow({ instance: "web", limit: 0 }), follow({ key: "cpus", limit: 0 })];
  await mine();
  await sets();
  const [stop, set] = [mine(), sets()];
  await tell(
    { type: "settings.changed", operation: "op-8", data: { number: 8, key: "k", value: "2", before: "1" } },
    "settings/daemon",
  );
  await tell({
    type: "instance.configured",
    operation: "op-9",
    data: { number: 9, deadline: "", key: "cpus", value: 2, before: 1 },
  });
  expect(whats(await stop)).toEqual(["set cpus=2 web: ok"]);
  expect((await set)?.rows[0]?.change).toEqual({ key: "cpus", before: 1, after: 2 });
});
