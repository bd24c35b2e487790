/** The dispatcher over a log that fails underneath it, and what it remembers of commands. */
import { expect, test } from "bun:test";
import { createDispatcher } from "../../src/daemon/dispatch.ts";
import { UserError } from "../../src/errors.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { commandsRememberedMax, emptyWorld, type World } from "../../src/events/world.ts";

const now = Date.UTC(2026, 10, 20, 11);

/** A UUIDv7 made that many milliseconds ago. */
const idFrom = (agoMs: number): string => {
  const time = (now - agoMs).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
};

/** A dispatcher whose log rewinds on demand; `rebuilds` are answered by the test. */
function dispatcherWith(world: World = emptyWorld()) {
  const rebuilds: PromiseWithResolvers<World>[] = [];
  let rewind = () => {};
  const log = {
    onRewound: (listener: () => void) => {
      rewind = listener;
    },
    durable: () => 0,
    position: () => 0,
    queued: () => [],
    whenDurable: () => Promise.resolve(),
  } as unknown as EventLog;
  const rebuild = () => {
    const answer = Promise.withResolvers<World>();
    rebuilds.push(answer);
    return answer.promise;
  };
  const dispatcher = createDispatcher({ log, world, rebuild, nowMs: () => now });
  return { dispatcher, rebuilds, rewind: () => rewind() };
}

const worldAt = (position: number): World => Object.assign(emptyWorld(), { position });

test("of two rewinds the later one has the last word, whichever is folded first", async () => {
  const { dispatcher, rebuilds, rewind } = dispatcherWith();
  rewind();
  rewind();
  const read = dispatcher.read((world) => world.position);
  rebuilds[0]?.resolve(worldAt(1));
  await Bun.sleep(0);
  rebuilds[1]?.resolve(worldAt(2));
  expect(await read).toBe(2);
});

test("a fold that cannot be built again is not answered from; whoever asks next begins another try", async () => {
  const { dispatcher, rebuilds, rewind } = dispatcherWith();
  rewind();
  const read = () => dispatcher.read((world) => world.position);
  const first = read();
  rebuilds[0]?.reject(new Error("cannot be read"));
  await expect(first).rejects.toThrow("cannot be read");
  const second = read();
  await Bun.sleep(0);
  rebuilds[1]?.reject(new Error("still not"));
  await expect(second).rejects.toThrow("still not");
  const third = read();
  await Bun.sleep(0);
  rebuilds[2]?.resolve(worldAt(3));
  expect(await third).toBe(3);
});

test("a fold that failed to be built is no matter once a later rewind has built its own", async () => {
  const { dispatcher, rebuilds, rewind } = dispatcherWith();
  rewind();
  rewind();
  const read = dispatcher.read((world) => world.position);
  rebuilds[0]?.reject(new Error("cannot be read"));
  await Bun.sleep(0);
  rebuilds[1]?.resolve(worldAt(2));
  expect(await read).toBe(2);
});

test("a command older than a day is refused, a newer one is new", () => {
  const { dispatcher } = dispatcherWith();
  expect(() => dispatcher.remembered(idFrom(86_400_001))).toThrow(UserError);
  expect(dispatcher.remembered(idFrom(86_399_000))).toBeUndefined();
});

test("a command older than all that are remembered is refused when there is no room for more", () => {
  const world = emptyWorld();
  const time = new Date(now - 60_000).toISOString();
  for (let n = 0; n < commandsRememberedMax; n++) world.commands.set(`c-${n}`, { time, stream: "settings/daemon" });
  const { dispatcher } = dispatcherWith(world);
  expect(() => dispatcher.remembered(idFrom(120_000))).toThrow(UserError);
  expect(dispatcher.remembered(idFrom(30_000))).toBeUndefined();
});
