/** The reconciler of mounts: what the log wants is made, again and again, and what changes is told once. */
import { expect, test } from "bun:test";
import { pauseMs } from "../../../src/daemon/mounts/keeper.ts";
import { UserError } from "../../../src/errors.ts";
import { running, stopped, type Fact, second } from "../../spec.ts";
import { added, createBed, mountOf } from "./bed.ts";

const [src, data] = [mountOf("/src"), mountOf("/data")];
const missing = () => new UserError("mount-source-missing", "the folder is gone");
const broken = () => new UserError("mount-failed", "it broke");
const requested = (type: string, mount: unknown): Fact => ({
  type: `instance.${type}-requested`,
  operation: "op-9",
  data: { number: 9, deadline: second(59), mount, force: false },
});
const none = new AbortController().signal;

test("what is wanted in a guest that answers is there soon, and nothing is told of it", async () => {
  const bed = createBed([...running, added(src), added(data)]);
  bed.mounts.react();
  await bed.pass(1_000);
  expect(bed.openTargets()).toEqual(["/src", "/data"]);
  expect(bed.told).toEqual([]);
});

test("nothing is made in a guest that is off, silent or busy", async () => {
  const start = {
    type: "instance.restart-requested",
    operation: "op-8",
    data: { number: 8, deadline: "", force: false },
  };
  for (const given of [stopped, [...running, { type: "instance.reset" }], [...running, start]]) {
    const bed = createBed([...given, added(src)]);
    bed.mounts.react();
    await bed.pass(120_000);
    expect(bed.tries).toEqual([]);
  }
});

test("what ends by itself is there again at once, without a word", async () => {
  const bed = createBed([...running, added(src)]);
  bed.mounts.react();
  await bed.pass(20_000);
  bed.opened[0]?.end("the connection went away");
  await bed.pass(1_000);
  expect(bed.openTargets()).toEqual(["/src"]);
  expect(bed.told).toEqual([]);
});

test("what cannot be made is told once, tried again with growing pauses, and told to be back", async () => {
  const bed = createBed([...running, added(src)]);
  bed.failing(broken);
  bed.mounts.react();
  await bed.pass(200_000);
  expect(bed.told).toEqual(["mount-degraded mount-failed"]);
  const gaps = bed.tries.slice(1).map((at, index) => at - (bed.tries[index] ?? 0) - 500);
  expect(gaps).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000].slice(0, gaps.length));
  expect(gaps.length).toBeGreaterThan(6);
  bed.failing(() => undefined);
  await bed.pass(61_000);
  expect(bed.told).toEqual(["mount-degraded mount-failed", "mount-restored"]);
  expect(bed.openTargets()).toEqual(["/src"]);
});

test("a folder that is missing is looked for every five seconds", async () => {
  expect([1, 2, 3, 4, 50].map((failures) => pauseMs(failures, "mount-source-missing"))).toEqual([
    1_000, 2_000, 4_000, 5_000, 5_000,
  ]);
  const bed = createBed([...running, added(src)]);
  bed.failing(missing);
  bed.mounts.react();
  await bed.pass(60_000);
  bed.failing(() => undefined);
  await bed.pass(6_000);
  expect(bed.told).toEqual(["mount-degraded mount-source-missing", "mount-restored"]);
});

test("a guest that answers again is tried at once, whatever the pause was", async () => {
  const bed = createBed([...running, added(src)]);
  bed.failing(broken);
  bed.mounts.react();
  await bed.pass(150_000);
  bed.failing(() => undefined);
  bed.happens({ type: "instance.reset" });
  bed.happens({ type: "instance.reachable" });
  await bed.pass(1_000);
  expect(bed.openTargets()).toEqual(["/src"]);
});

test("one that breaks again and again is told to be lost, and to be back when it has held for a while", async () => {
  const bed = createBed([...running, added(src)]);
  bed.mounts.react();
  for (let breaks = 0; breaks < 6; breaks++) {
    await bed.pass(90_000 * Number(breaks === 0));
    while (bed.openTargets().length === 0) await bed.pass(1_000);
    bed.opened.at(-1)?.end("sshfs ended");
    await bed.settle();
  }
  expect(bed.told).toEqual(["mount-degraded mount-lost"]);
  await bed.pass(90_000);
  expect(bed.told).toEqual(["mount-degraded mount-lost", "mount-restored"]);
  expect(bed.openTargets()).toEqual(["/src"]);
});

test("a guest that ends takes its mounts along: nothing is asked of it, and the next one gets its own", async () => {
  const bed = createBed([...running, added(src)]);
  bed.mounts.react();
  await bed.pass(1_000);
  bed.happens({ type: "instance.stopped", data: { cause: "user" } });
  await bed.pass(60_000);
  expect(bed.opened[0]?.closes).toEqual([{ force: true, isHereOnly: true }]);
  expect(bed.tries.length).toBe(1);
  bed.happens({
    type: "instance.booted",
    data: { ssh: { host: "h", port: 1 }, accelerator: "", cpu: "", build: "", adopted: false },
  });
  bed.happens({ type: "instance.reachable" });
  await bed.pass(1_000);
  expect(bed.openTargets()).toEqual(["/src"]);
});

test("a guest that boots again by itself gets its mounts again, though nothing of them has ended on the host", async () => {
  const bed = createBed([...running, added(src), added(data)]);
  bed.mounts.react();
  await bed.pass(1_000);
  bed.happens({ type: "instance.reset" });
  await bed.pass(60_000);
  expect(bed.openTargets()).toEqual([]);
  expect(bed.opened[0]?.closes).toEqual([{ force: true, isHereOnly: true }]);
  bed.happens({ type: "instance.reachable" });
  await bed.pass(1_000);
  expect(bed.openTargets()).toEqual(["/src", "/data"]);
  expect(bed.told).toEqual([]);
});

test("what is asked for is made before it is wanted; where that fails nothing of it is left", async () => {
  const bed = createBed([...running, requested("mount", src)]);
  bed.failing(broken);
  const failing = bed.mounts.make(bed.state(), src, none, () => undefined).catch((error: Error) => error.message);
  await bed.pass(1_000);
  expect(await failing).toBe("it broke");
  await bed.pass(120_000);
  expect([bed.tries.length, bed.told]).toEqual([1, []]);
  bed.failing(() => undefined);
  const making = bed.mounts.make(bed.state(), src, none, () => undefined);
  await bed.pass(1_000);
  await making;
  bed.happens({ ...added(src), operation: "op-9" });
  await bed.pass(60_000);
  expect(bed.openTargets()).toEqual(["/src"]);
});

test("a mount that is not wanted after all goes again", async () => {
  const bed = createBed([...running, requested("mount", src)]);
  const making = bed.mounts.make(bed.state(), src, none, () => undefined);
  await bed.pass(1_000);
  await making;
  bed.happens({
    type: "instance.mount-failed",
    operation: "op-9",
    data: { step: "mount", code: "cancelled", reason: "", result: "cancelled" },
  });
  await bed.pass(1_000);
  expect(bed.opened[0]?.closes[0]).toEqual({ force: true, isHereOnly: false });
  expect(bed.openTargets()).toEqual([]);
});

test("one that is in use stays where it is, and goes when it is not", async () => {
  const bed = createBed([...running, added(src)]);
  bed.mounts.react();
  await bed.pass(1_000);
  bed.happens(requested("unmount", src));
  bed.refusing(() => new UserError("mount-busy", "in use"));
  await expect(bed.mounts.take(bed.state(), src, { force: false, signal: none })).rejects.toThrow("in use");
  await bed.pass(1_000);
  expect(bed.openTargets()).toEqual(["/src"]);
  bed.refusing(() => undefined);
  await bed.mounts.take(bed.state(), src, { force: false, signal: none });
  bed.happens({ type: "instance.mount-removed", operation: "op-9", data: { target: "/src" } });
  await bed.pass(60_000);
  expect(bed.openTargets()).toEqual([]);
  expect(bed.tries.length).toBe(1);
});

test("a start waits for its mounts, and for none longer than a minute", async () => {
  const start = { type: "instance.start-requested", operation: "op-8", data: { number: 8, deadline: "" } };
  const bed = createBed([...stopped, added(src), start]);
  bed.happens({
    type: "instance.booted",
    operation: "op-8",
    data: { ssh: { host: "h", port: 1 }, accelerator: "", cpu: "", build: "", adopted: false },
  });
  bed.happens({ type: "instance.reachable", operation: "op-8" });
  let isSettled = false;
  bed.failing(() => (bed.clock.elapsedMs() < 90_000 ? broken() : undefined));
  const settling = bed.mounts.settle(bed.state(), none).then(() => (isSettled = true));
  await bed.pass(400);
  expect(isSettled).toBe(false);
  await bed.pass(200);
  expect(isSettled).toBe(true);
  await settling;
  expect(bed.told).toEqual(["mount-degraded mount-failed"]);
});

test("with faults at random, and none at last, all is there that is wanted", async () => {
  for (let seed = 1; seed <= 50; seed++) {
    let chance = seed;
    const luck = () => (chance = (chance * 48_271) % 2_147_483_647) / 2_147_483_647;
    const bed = createBed([...running, added(src), added(data)]);
    bed.failing(() => (luck() < 0.4 ? (luck() < 0.5 ? broken() : missing()) : undefined));
    bed.mounts.react();
    for (let turn = 0; turn < 30; turn++) {
      await bed.pass(Math.floor(luck() * 20_000));
      if (luck() < 0.5) bed.opened.find(({ isOpen }) => isOpen)?.end("by chance");
      if (luck() < 0.1) bed.happens({ type: "instance.reset" });
      if (luck() < 0.3) bed.happens({ type: "instance.reachable" });
    }
    bed.happens({ type: "instance.reachable" });
    bed.failing(() => undefined);
    await bed.pass(150_000);
    expect([seed, bed.openTargets().toSorted()]).toEqual([seed, ["/data", "/src"]]);
    expect(bed.state().mounts?.some(({ degraded }) => degraded)).toBe(false);
    // Never two told in a row that say the same.
    expect(bed.reports).toEqual([]);
    bed.mounts.close();
    expect(bed.openTargets()).toEqual([]);
  }
});

test("what keeps memory from being saved is put out of the way, and comes back", async () => {
  const native = mountOf("/native", { type: "native" });
  const bed = createBed([...running, added(src), added(native)]);
  bed.mounts.react();
  await bed.pass(1_000);
  bed.happens({ type: "instance.suspend-requested", operation: "op-8", data: { number: 8, deadline: "" } });
  await bed.mounts.release(bed.state(), none);
  await bed.pass(60_000);
  expect(bed.openTargets()).toEqual(["/src"]);
  bed.happens({
    type: "instance.suspend-failed",
    operation: "op-8",
    data: { step: "suspend", code: "x", reason: "y", result: "failed" },
  });
  await bed.pass(1_000);
  expect(bed.openTargets().toSorted()).toEqual(["/native", "/src"]);
});
