/** Instances made for a time, over the real daemon with fake machines: they end also when it was dead at their time. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { ApiClient } from "../../src/api/client.ts";
import type { Input } from "../../src/api/contract.ts";
import type { InstanceView } from "../../src/model/view.ts";
import { type Bed, createBed, type Life } from "../campaign/world/bed.ts";
import { until } from "../e2e/harness.ts";
import { seededRandom } from "../simulation/random.ts";

let bed: Bed;
let life: Life;
beforeAll(async () => {
  bed = await createBed({ random: seededRandom(1), waitMsMax: 0 });
  life = await bed.start();
}, 60_000);
afterAll(() => bed.close(), 60_000);

const viewOf = async (client: ApiClient, name: string): Promise<InstanceView | undefined> =>
  (await client.call("instance.list", {})).find((each) => each.name === name);

async function launch(name: string, more: Partial<Input<"instance.launch">>): Promise<InstanceView> {
  const input = { command: Bun.randomUUIDv7(), name, image: { name: "tiny" }, ...more };
  const { instance } = await life.client().call("instance.launch", input);
  return instance ?? expect.unreachable();
}

const is = (name: string, state: InstanceView["state"]) => async () => {
  const view = await viewOf(life.client(), name);
  return view?.state === state && view.operation === undefined;
};

async function newestOf(name: string) {
  const client = life.client();
  const [row] = await client.call("history.list", { instance: name, limit: 1, reverse: false });
  return row;
}

test("one whose time passes while no daemon lives is in the trash soon after the next has started, by the daemon", async () => {
  const { endsAt = "" } = await launch("brief", { lifetimeMs: 1_000 });
  await life.kill();
  await until("its time is over", () => new Date().toISOString() > endsAt);
  life = await bed.start();
  await until("it is in the trash", is("brief", "Deleted"));
  expect(await newestOf("brief")).toMatchObject({ what: "delete brief", who: "strata", reason: "its time was over" });
  await life.client().call("instance.recover", { command: Bun.randomUUIDv7(), instance: "brief" });
  expect(await viewOf(life.client(), "brief")).toMatchObject({ state: "Stopped" });
  expect((await viewOf(life.client(), "brief"))?.endsAt).toBeUndefined();
}, 60_000);

test("one whose time passes while the daemon lives goes then, and not before", async () => {
  const { endsAt = "" } = await launch("short", { lifetimeMs: 1_000 });
  await until("it is in the trash", is("short", "Deleted"));
  const deleted = await newestOf("short");
  expect(deleted?.what).toBe("delete short");
  expect(Date.parse(deleted?.time ?? "")).toBeGreaterThanOrEqual(Date.parse(endsAt));
}, 60_000);

test("an ephemeral one whose machine ends while no daemon lives is gone for good, with its disk", async () => {
  const { id } = await launch("gone", { ephemeral: true });
  await until("it runs", is("gone", "Running"));
  const layers = bed.host.world.layers.size;
  await life.kill();
  bed.host.world.end(id, "crash");
  life = await bed.start();
  await until("it is gone", async () => (await viewOf(life.client(), "gone")) === undefined);
  expect(bed.host.world.machines.has(id)).toBe(false);
  expect(bed.host.world.layers.size).toBe(layers - 1);
  expect(await newestOf("gone")).toMatchObject({ what: "purge gone", who: "strata" });
}, 60_000);

test("an ephemeral one that is restarted or suspended stays; one that is stopped goes", async () => {
  const { id } = await launch("kept", { ephemeral: true });
  await until("it runs", is("kept", "Running"));
  const asked = () => ({ command: Bun.randomUUIDv7(), instance: "kept" });
  await life.client().call("instance.restart", { ...asked(), force: true });
  await until("it runs again", is("kept", "Running"));
  await life.client().call("instance.suspend", asked());
  await until("it sleeps", is("kept", "Suspended"));
  await life.client().call("instance.start", asked());
  await until("it runs on", is("kept", "Running"));
  expect((await viewOf(life.client(), "kept"))?.id).toBe(id);
  await life.client().call("instance.stop", { ...asked(), force: true });
  await until("it is gone", async () => (await viewOf(life.client(), "kept")) === undefined);
}, 60_000);
