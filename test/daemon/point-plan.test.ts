/** The dry run of restores and forks over the real daemon with fake machines: it records nothing, and what it says comes true. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { CallName, Ended, Input, Output } from "../../src/api/contract.ts";
import { differences } from "../../src/model/differences.ts";
import { type Bed, createBed, type Life } from "../campaign/world/bed.ts";
import { seededRandom } from "../simulation/random.ts";

let bed: Bed;
let life: Life;
beforeAll(async () => {
  bed = await createBed({ random: seededRandom(1), waitMsMax: 0 });
  life = await bed.start();
  await done("instance.launch", { name: "web", image: { name: "tiny" }, memory: 2 ** 30 });
}, 60_000);
afterAll(() => bed.close(), 60_000);

async function done(call: CallName, input: object): Promise<Ended> {
  const command = Bun.randomUUIDv7();
  const { operation } = (await life.client().call(call, { command, ...input } as Input<typeof call>)) as {
    operation: { id: string };
  };
  for await (const item of life.client().stream("operation.follow", { operation: operation.id }))
    if (item.kind === "ended") return item;
  return expect.unreachable();
}

const about = { instance: "web", point: "good", discard: false, diskOnly: false, starts: true };
const plan = (input: Partial<Input<"point.plan">>): Promise<Output<"point.plan">> =>
  life.client().call("point.plan", { what: "restore", ...about, ...input });
const web = async () => (await life.client().call("instance.info", { instances: ["web"] }))[0] ?? expect.unreachable();
const position = async () => (await life.client().call("daemon.status", {})).log.position;

test("a restore's says what changes, what becomes of the present and how the machine ends, and records nothing", async () => {
  await done("point.snapshot", { instance: "web", name: "good", withMemory: true });
  await done("point.snapshot", { instance: "web", name: "bare", withMemory: false });
  await done("settings.set", { key: "local.web.disk", value: "7G" });
  const before = await web();
  const at = await position();
  const said = await plan({});
  expect(said).toMatchObject({
    changes: [{ key: "disk", before: "7G", after: "5G" }],
    branch: { name: "branch1", hasMemory: true },
    stops: true,
    ending: "goes on",
    point: { name: "good" },
  });
  expect(said.lastMs).toBeUndefined();
  expect(await plan({ diskOnly: true })).toMatchObject({ ending: "boots" });
  expect(await plan({ point: "bare" })).toMatchObject({ ending: "boots", branch: { name: "branch1" } });
  const bold = await plan({ discard: true });
  expect([bold.branch, bold.lost[0]]).toEqual([undefined, "the state of web until now, which is thrown away"]);
  expect(await position()).toBe(at);

  const ended = await done("point.restore", { instance: "web", point: "good", discard: false, diskOnly: false });
  expect(ended).toMatchObject({
    result: "ok",
    point: { name: "branch1" },
    instance: { power: "running", resumed: true },
  });
  expect(differences(before, await web())).toEqual([...said.changes]);
  expect((await plan({})).lastMs).toBeNumber();
});

test("a fork's says its name and how it begins, and the fork then has it", async () => {
  expect(await plan({ what: "fork" })).toMatchObject({ name: "web-2", ending: "goes on", stops: false, changes: [] });
  expect(await plan({ what: "fork", diskOnly: true, name: "shop" })).toMatchObject({ name: "shop", ending: "boots" });
  expect(await plan({ what: "fork", starts: false })).toMatchObject({ ending: "off" });
  const { instance } = await done("instance.fork", { ...about, starts: false });
  expect(instance?.name).toBe("web-2");
});

test("what would be refused is refused, in the same words", async () => {
  expect(plan({ point: "nope" })).rejects.toMatchObject({ code: "point-not-found" });
  expect(plan({ what: "fork", name: "web" })).rejects.toMatchObject({ code: "instance-exists" });
  await done("instance.delete", { instance: "web-2", purge: false });
  expect(plan({ instance: "web-2" })).rejects.toMatchObject({ code: "point-not-found" });
});
