/** Looking back: the log folded up to a place in it. */
import { describe, expect, test } from "bun:test";
import { UserError } from "../../src/errors.ts";
import type { Daemon } from "../../src/daemon/handlers/context.ts";
import { pastHandlers } from "../../src/daemon/handlers/past.ts";
import { type At, createPast } from "../../src/daemon/past.ts";
import { keepCheckpoints, loadWorld, loadWorldOf } from "../../src/daemon/state.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import type { ReadQuery } from "../../src/events/store/reader.ts";
import { emptyWorld, freezeWorld, type World } from "../../src/events/world.ts";
import { ann, directory, open } from "../events/store/bed.ts";
import { createDisk } from "../simulation/disk.ts";
import { type Fact, facts, running } from "../spec.ts";

const caller = { actor: ann };
const renamed: Fact = {
  type: "instance.renamed",
  operation: "op-2",
  data: { number: 2, deadline: "", name: "shop", before: "web" },
};
const configured: Fact = {
  type: "instance.configured",
  operation: "op-3",
  data: { number: 3, deadline: "", key: "cpus", value: 4, before: 1 },
};
const told: readonly Fact[] = [...running, renamed, facts.stopped("guest"), configured];

/** A daemon whose log has `told`, each fact a batch of its own, a millisecond apart. */
async function daemonWith(given = told) {
  const files = createDisk().boot();
  const { log } = await open(files);
  for (const { type, data = {}, operation } of given) {
    const events = [{ type, version: 1, stream: "instance/i-1", data }];
    const asked = { command: `c-${type}`, by: ann, ...(operation !== undefined && { operation }) };
    await log.append({ events, ...asked }).durable;
  }
  const reads: ReadQuery[] = [];
  const watched: EventLog = {
    ...log,
    read(query) {
      reads.push(query);
      return log.read(query);
    },
    readGroups(query) {
      reads.push(query);
      return log.readGroups(query);
    },
  };
  const state = { directory, files, log: watched };
  const world = await loadWorld(state);
  const clock = { now: () => new Date("2026-11-20T12:00:00.000Z") };
  const daemon = {
    config: { directory },
    files,
    log: watched,
    clock,
    dispatcher: { world: () => world },
  } as unknown as Daemon;
  const calls = pastHandlers(daemon, createPast({ directory, files, log: watched, clock }));
  return {
    log,
    reads,
    state,
    world,
    past: createPast({ ...state, clock }),
    instances: (at: At, instances?: string[]) =>
      calls["past.instances"]({ at, ...(instances && { instances }) }, caller),
    images: (at: At) => calls["past.images"]({ at }, caller),
    settings: (at: At) => calls["past.settings"]({ at }, caller),
  };
}

const all = async (log: EventLog) => Array.fromAsync(log.read({}));

describe("the instances of then", () => {
  test("right after an operation are as its last event left them", async () => {
    const { instances } = await daemonWith();
    const first = await instances({ operation: 1 });
    expect(first.instances).toMatchObject([{ name: "web", state: "Running", specs: { cpus: 1 } }]);
    expect(first.asOf).toMatchObject({ operation: 1 });
    const third = await instances({ operation: 3 });
    expect(third.instances).toMatchObject([{ name: "shop", state: "Stopped", specs: { cpus: 4 } }]);
  });

  test("at each moment are what a fold up to then gives, with a checkpoint before it and without", async () => {
    const { log, state, past, world, reads } = await daemonWith();
    const records = await all(log);
    const look = async () => {
      const folds = [];
      for (const { time } of records) folds.push(await past.at({ time }, ({ world: then }) => freezeWorld(then)));
      return folds;
    };
    const without = await look();
    expect(without.at(-1)).toEqual(freezeWorld(world));
    expect(without.map((fold) => (fold as World).position)).toEqual(records.map(({ position }) => position));
    let saved = emptyWorld();
    const checkpoints = keepCheckpoints(state, () => saved, expect.unreachable);
    saved = await loadWorldOf(state, records.length - 2);
    await checkpoints.save();
    reads.length = 0;
    expect(await look()).toEqual(without);
    const folds = reads.filter(({ after = 0, upTo = 0 }) => upTo > after + 1 || upTo === after);
    expect(folds.at(-1)).toMatchObject({ after: records.length - 2 });
    expect(reads.find(({ upTo }) => upTo === records.length - 3)).toMatchObject({ after: 0 });
  });

  test("are found by their name of then, or else of now", async () => {
    const { instances } = await daemonWith();
    const names = async (at: At, name: string) => (await instances(at, [name])).instances.map((each) => each.name);
    expect(await names({ operation: 1 }, "web")).toEqual(["web"]);
    expect(await names({ operation: 1 }, "shop")).toEqual(["web"]);
    expect(await names({ operation: 2 }, "shop")).toEqual(["shop"]);
    expect(await names({ operation: 3 }, "i-1")).toEqual(["shop"]);
  });

  test("are of the asked moment, with the newest operation that had begun; one to come is now", async () => {
    const { log, instances } = await daemonWith();
    const [first] = await all(log);
    const beginning = first?.time ?? "";
    expect((await instances({ time: beginning })).asOf).toEqual({ time: beginning, position: 1 });
    expect((await instances({ time: beginning })).instances).toEqual([]);
    const { asOf } = await instances({ time: "2030-01-01T00:00:00.000Z" });
    expect(asOf).toEqual({ time: "2026-11-20T12:00:00.000Z", position: log.durable(), operation: 3 });
  });
});

test("images of then are those that were here, with who stood on them", async () => {
  const { log, images } = await daemonWith();
  const sha256 = "a".repeat(64);
  const image = { sha256, name: "tiny", title: "tiny", bytes: 7, virtualSize: 9, format: "qcow2" };
  const added = { type: "image.added", version: 1, stream: `image/${sha256}`, data: image };
  await log.append({ events: [added], command: "c-image", by: ann }).durable;
  const { time = "" } = (await all(log)).at(-1) ?? {};
  expect((await images({ time })).images).toMatchObject([{ name: "tiny", instances: expect.any(Array) }]);
  expect((await images({ operation: 1 })).images).toEqual([]);
});

describe("there is one clear error", () => {
  test("for a time before the log began", async () => {
    const { instances } = await daemonWith();
    await expect(instances({ time: "2020-01-01T00:00:00.000Z" })).rejects.toMatchObject({
      code: "before-beginning",
      message: expect.stringContaining("the log begins at 2026-11-20T11:00"),
    });
  });

  test("for a time before the instance was launched; one that never was is another", async () => {
    const { log, instances } = await daemonWith();
    const [first] = await all(log);
    const time = first?.time ?? "";
    await expect(instances({ time }, ["web"])).rejects.toMatchObject({
      code: "before-beginning",
      message: expect.stringContaining('instance "web" did not exist yet'),
    });
    await expect(instances({ time }, ["shop"])).rejects.toMatchObject({ code: "before-beginning" });
    await expect(instances({ time }, ["nobody"])).rejects.toMatchObject({ code: "instance-not-found" });
  });

  test("for an operation that never was", async () => {
    const { instances } = await daemonWith();
    await expect(instances({ operation: 99 })).rejects.toMatchObject({ code: "operation-not-found" });
  });

  test("for what came after the damage of a log, while what was before it is still answered", async () => {
    const { state, log } = await daemonWith();
    const records = await all(log);
    const upTo = records.length - 3;
    const error = new UserError("log-damaged", "a byte is wrong");
    const broken: EventLog = {
      ...log,
      mode: () => ({ kind: "read-only", error }),
      durable: () => upTo,
      read: (query) => log.read({ ...query, upTo: Math.min(upTo, query.upTo ?? upTo) }),
      readGroups: (query) => log.readGroups({ ...query, upTo: Math.min(upTo, query.upTo ?? upTo) }),
      positionAt: async (time) => Math.min(upTo, await log.positionAt(time)),
    };
    const past = createPast({ ...state, log: broken, clock: { now: () => new Date("2026-11-20T12:00:00.000Z") } });
    const nameAt = (index: number) =>
      past.at({ time: records[index]?.time ?? "" }, ({ world }) => [...world.names.keys()]);
    expect(await nameAt(1)).toEqual(["web"]);
    await expect(nameAt(upTo)).rejects.toBe(error);
    await expect(past.at({ operation: 3 }, () => undefined)).rejects.toMatchObject({ code: "operation-not-found" });
  });

  test("for more questions than may wait", async () => {
    const { past } = await daemonWith();
    const codes = await Promise.all(
      Array.from({ length: 20 }, () =>
        past.at({ operation: 1 }, () => "ok").catch((error: { code: string }) => error.code),
      ),
    );
    expect(codes.filter((code) => code === "ok")).toHaveLength(16);
    expect(codes.filter((code) => code === "past-busy")).toHaveLength(4);
    expect(await past.at({ operation: 1 }, () => "ok")).toBe("ok");
  });
});

test("the settings of then are those of then, of instances too", async () => {
  const { settings } = await daemonWith();
  const cpus = async (operation: number) =>
    (await settings({ operation })).settings.filter(({ key }) => key.endsWith(".cpus"));
  expect(await cpus(1)).toMatchObject([{ key: "local.web.cpus", value: "1" }]);
  expect(await cpus(3)).toMatchObject([{ key: "local.shop.cpus", value: "4" }]);
});
