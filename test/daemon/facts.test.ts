/** Guests are asked all at once, and one that is silent costs nobody more than its time. */
import { expect, test } from "bun:test";
import type { Daemon } from "../../src/daemon/handlers/context.ts";
import { factsHandlers } from "../../src/daemon/handlers/facts.ts";
import { evolveWorld } from "../../src/events/world.ts";
import type { GuestFacts } from "../../src/model/guest-facts.ts";
import { createSimulatedClock } from "../simulation/clock.ts";
import { keyring } from "../simulation/ports.ts";
import { facts, recordOf, running, worldOf } from "../spec.ts";

const said: GuestFacts = { ipv4: ["10.77.0.2"], load: [0, 0, 0] };
const caller = { actor: { kind: "user", id: "unix:1", name: "ann", role: "admin" } } as never;

/** `count` instances `web`, `web-2`, `web-3` … that run, and what asking them comes to. */
function asking(count: number, answer: (id: string, signal: AbortSignal) => Promise<GuestFacts>) {
  const world = worldOf(running);
  for (let number = 2; number <= count; number++) {
    const { data } = facts.launchRequested;
    const own = { name: `web-${number}`, mac: `m-${number}`, address: `a-${number}`, layer: `l-${number}` };
    [{ ...facts.launchRequested, data: { ...data, ...own } }, ...running.slice(1)].forEach(({ type, ...fact }) =>
      evolveWorld(
        world,
        recordOf({ type, version: 1, stream: `instance/i-${number}`, data: fact.data ?? {} }, world.position + 1, {
          operation: "op-1",
        }),
      ),
    );
  }
  const clock = createSimulatedClock();
  const dispatcher = { read: async (compute: (from: typeof world) => unknown) => compute(world) };
  const guests = { facts: (id: string, _guest: unknown, signal: AbortSignal) => answer(id, signal) };
  const handlers = factsHandlers({ dispatcher, clock } as unknown as Daemon, { guests, keyring });
  return { clock, ask: (...instances: string[]) => handlers["instance.facts"]({ instances }, caller) };
}

const never = () => new Promise<never>(() => undefined);

test("each has its facts, in the order that was asked for", async () => {
  const { ask, clock } = asking(3, async (id) => ({ ...said, release: id }));
  const answers = await ask("web-3", "web", "i-2");
  expect(answers.map(({ name, facts: own }) => [name, own?.release])).toEqual([
    ["web-3", "i-3"],
    ["web", "i-1"],
    ["web-2", "i-2"],
  ]);
  expect(clock.step()).toBe(false);
});

test("one that hangs, and does not even let go, has none; the others have theirs", async () => {
  const { ask, clock } = asking(2, (id) => (id === "i-1" ? never() : Promise.resolve(said)));
  const answers = ask("web", "web-2");
  await Bun.sleep(0);
  expect([clock.step(), clock.elapsedMs()]).toEqual([true, 2_500]);
  expect(await answers).toMatchObject([{ name: "web", failure: { code: "guest-silent" } }, { facts: said }]);
});

test("a hundred that hang take no longer than one", async () => {
  const { ask, clock } = asking(100, never);
  const answers = ask(...Array.from({ length: 99 }, (_, index) => `web-${index + 2}`));
  await Bun.sleep(0);
  clock.step();
  expect((await answers).filter(({ failure }) => failure?.code === "guest-silent")).toHaveLength(99);
});

test("one that does not exist fails the call, as for info", async () => {
  await expect(asking(1, never).ask("web", "db")).rejects.toMatchObject({ code: "instance-not-found" });
});

test("one that is off says so", async () => {
  const world = worldOf([...running, facts.stopped()]);
  const dispatcher = { read: async (compute: (from: typeof world) => unknown) => compute(world) };
  const daemon = { dispatcher, clock: createSimulatedClock() } as unknown as Daemon;
  const handlers = factsHandlers(daemon, { guests: { facts: never }, keyring });
  expect(await handlers["instance.facts"]({ instances: ["web"] }, caller)).toMatchObject([
    { failure: { code: "instance-not-running" } },
  ]);
});

test("what it said a moment ago is the answer at once, and it is asked again behind it", async () => {
  const load = [1, 2, 3].map((one) => ({ ...said, load: [one, 0, 0] as [number, number, number] }));
  const { ask } = asking(1, async () => load.shift() ?? said);
  const loads = async () => (await ask("web")).map(({ facts: own, ageMs }) => [own?.load?.[0], ageMs]);
  expect(await loads()).toEqual([[1, undefined]]);
  expect(await loads()).toEqual([[1, undefined]]);
  await Bun.sleep(0);
  expect(await loads()).toEqual([[2, undefined]]);
});

test("one that has fallen silent has what it said last, with its age and why", async () => {
  let isSilent = false;
  const { ask, clock } = asking(1, async () => (isSilent ? never() : said));
  await ask("web");
  clock.after(60_000, () => undefined);
  clock.step();
  isSilent = true;
  const answers = ask("web");
  await Bun.sleep(0);
  clock.step();
  expect(await answers).toMatchObject([{ facts: said, ageMs: 60_000, failure: { code: "guest-silent" } }]);
});
