/** Points by the way, over the real daemon with fake machines: what makes one, what it has, and what goes on without it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Ended, Input } from "../../src/api/contract.ts";
import { type Bed, createBed, type Life } from "../campaign/world/bed.ts";
import { until } from "../e2e/harness.ts";
import { seededRandom } from "../simulation/random.ts";

let bed: Bed;
let life: Life;
let id: string;
beforeAll(async () => {
  bed = await createBed({ random: seededRandom(1), waitMsMax: 0 });
  life = await bed.start();
  const { instance } = await changed("instance.launch", { name: "web", image: { name: "tiny" } });
  id = instance?.id ?? "";
}, 60_000);
afterAll(() => bed.close(), 60_000);

type Changing =
  "instance.launch" | "instance.stop" | "instance.start" | "instance.restart" | "settings.set" | "undo.run";
const ask = (call: Changing, input: object) =>
  life.client().call(call, { command: Bun.randomUUIDv7(), ...input } as Input<Changing> as never);

/** Asks, and waits for the operation's end. */
async function changed(call: Changing, input: object): Promise<Ended> {
  const { operation } = await ask(call, input);
  for await (const item of life.client().stream("operation.follow", { operation: operation?.id ?? "" }))
    if (item.kind === "ended") return item;
  return expect.unreachable();
}

const about = { instance: "web", force: false };
const write = (text: string) => bed.host.world.write(id, text);
const pointsOf = async () => (await life.client().call("point.tree", { instance: "web" }))[0]?.points ?? [];
const topOf = () => bed.host.world.machines.get(id)?.top ?? "";
/** What a point's layer and those below it hold. */
const contentOf = (layer: string): string[] => {
  const found = bed.host.world.layers.get(layer);
  return found ? [...(found.parent === undefined ? [] : contentOf(found.parent)), ...found.data] : [];
};

test("a stop keeps what was written; one without a change, or by force, keeps nothing", async () => {
  write("one");
  const stopped = await changed("instance.stop", about);
  expect(stopped).toMatchObject({
    result: "ok",
    point: { name: "auto1", kind: "auto", cause: "stop", consistency: "off" },
  });
  expect(contentOf(stopped.point?.layer ?? "")).toEqual(["one"]);
  await changed("instance.start", about);
  expect((await changed("instance.stop", about)).point).toBeUndefined();
  await changed("instance.start", about);
  write("two");
  expect((await changed("instance.stop", { ...about, force: true })).point).toBeUndefined();
  await changed("instance.start", about);
  expect((await pointsOf()).map(({ name }) => name)).toEqual(["auto1"]);
}, 60_000);

test("a restart and a disk that grows keep what was written before", async () => {
  const restarted = await changed("instance.restart", about);
  expect([restarted.point?.name, contentOf(restarted.point?.layer ?? "")]).toEqual(["auto2", ["one", "two"]]);
  const calm = await changed("settings.set", { key: "local.web.disk", value: "6G" });
  expect(calm.point).toBeUndefined();
  write("three");
  const grown = await changed("settings.set", { key: "local.web.disk", value: "7G" });
  expect(grown).toMatchObject({
    point: { name: "auto3", specs: { disk: 6 * 2 ** 30 } },
    instance: { specs: { disk: 7 * 2 ** 30 } },
  });
  expect(contentOf(grown.point?.layer ?? "")).toEqual(["one", "two", "three"]);
}, 60_000);

test("a point that cannot be made is told, and the rest is done", async () => {
  const failNext = () => {
    const { faults, calls } = bed.host.world;
    faults.push({ call: "freeze", nth: (calls.get("freeze") ?? 0) + 1, fault: "fail" });
  };
  write("four");
  failNext();
  const grown = await changed("settings.set", { key: "local.web.disk", value: "8G" });
  expect(grown).toMatchObject({ result: "ok", pointMissed: expect.stringContaining("the script fails freeze") });
  failNext();
  const stopped = await changed("instance.stop", about);
  expect(stopped).toMatchObject({ result: "ok", instance: { power: "off" }, pointMissed: expect.any(String) });
  expect(stopped.point).toBeUndefined();
  await changed("instance.start", about);
  const next = await changed("instance.stop", about);
  expect([next.point?.name, contentOf(next.point?.layer ?? "")]).toEqual(["auto4", ["one", "two", "three", "four"]]);
  await changed("instance.start", about);
}, 60_000);

test("switched off, nothing is kept by the way", async () => {
  await changed("settings.set", { key: "auto-points", value: "off" });
  write("five");
  expect((await changed("instance.stop", about)).point).toBeUndefined();
  await changed("settings.set", { key: "auto-points", value: "on" });
  await changed("instance.start", about);
}, 60_000);

test("a daemon that dies between the end of the power and its record makes the point once, and knows the disk", async () => {
  write("six");
  const before = topOf();
  // The freeze is done, and its answer is on the way for ever.
  const { faults, calls } = bed.host.world;
  faults.push({ call: "freeze", nth: (calls.get("freeze") ?? 0) + 1, fault: "die-after" });
  void ask("instance.stop", about).catch(() => undefined);
  await until("the disk is frozen", () => topOf() !== before);
  await life.kill();
  life = await bed.start();
  await until("it is off", async () => {
    const [view] = await life.client().call("instance.info", { instances: ["web"] });
    return view?.power === "off" && view.operation === undefined;
  });
  const points = await pointsOf();
  expect(points.map(({ name }) => name)).toEqual(["auto1", "auto2", "auto3", "auto4", "auto5"]);
  expect(contentOf(points.at(-1)?.layer ?? "")).toEqual(["one", "two", "three", "four", "five", "six"]);
  await changed("instance.start", about);
}, 60_000);

test("a command that meets an automatic point under way is not refused, and a redo is not overtaken by it", async () => {
  await changed("settings.set", { key: "local.web.autostart", value: "yes" });
  await changed("undo.run", {
    isRedo: false,
    planned: (await life.client().call("undo.plan", { isRedo: false })).operation,
  });
  write("seven");
  const asked = { command: Bun.randomUUIDv7(), instance: "web", withMemory: false, auto: true };
  await life.client().call("point.snapshot", asked);
  const { point } = await changed("instance.stop", about);
  expect(point).toBeUndefined();
  expect((await pointsOf()).at(-1)?.name).toBe("auto6");
  expect(await life.client().call("undo.plan", { isRedo: true })).toMatchObject({ isRedo: true });
}, 60_000);
