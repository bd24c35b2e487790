/** What every driver owes snapshots and restores, run against each. One machine, whose disk grows into a tree. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Driver, FreezePlan, Frozen, KeptMemory, RewindPlan, Started } from "../../src/drivers/driver.ts";
import type { Bench } from "./contract.ts";
import { guestMs } from "./contract.ts";

/** Several boots of an emulated guest. */
const longMs = 4 * guestMs;

export function describeSnapshots(name: string, createBench: () => Promise<Bench>): void {
  describe(`the driver contract on snapshots: ${name}`, () => {
    let bench: Bench;
    let driver: Driver;
    let top: string;
    beforeAll(async () => {
      bench = await createBench();
      driver = bench.open();
      top = bench.create.layer;
      await driver.create(bench.id, bench.create, signal());
    });
    afterAll(async () => {
      await driver?.close();
      await bench?.close();
    });

    const signal = () => AbortSignal.timeout(longMs);
    const hand = () => bench.hand(bench.id);
    const { ordinal, bytes } = { ordinal: 1, bytes: 2 ** 31 };
    const hardware = async () => (await driver.create(bench.id, bench.create, signal())).hardware;
    const start = async (more: { resumes?: boolean } = {}): Promise<Started> => {
      const plan = { ...bench.start, layer: top, hardware: await hardware(), ...more };
      const started = await driver.start(bench.id, plan, signal());
      await bench.reachable(started);
      return started;
    };
    const isWritten = (layer = top) => driver.snapshots.isWritten(layer, signal());
    const powerOff = () => driver.stop(bench.id, "forced", signal());
    /** Twice, since the second call has to confirm the first. */
    const freeze = async (next: string, more: Pick<FreezePlan, "memory"> = {}): Promise<Frozen> => {
      const plan = { layer: top, next, bytes, ordinal, ...more };
      const frozen = await driver.snapshots.freeze(bench.id, plan, signal());
      expect(await driver.snapshots.freeze(bench.id, plan, signal())).toEqual(frozen);
      top = next;
      return frozen;
    };
    const rewind = async (from: string, next: string, kept?: KeptMemory): Promise<void> => {
      const plan: RewindPlan = { from, next, bytes, ordinal, ...(kept && { kept }) };
      for (const _ of ["once", "twice"]) await driver.snapshots.rewind(bench.id, plan, signal());
      top = next;
    };

    test(
      "what was written before a freeze is there after a rewind to it, what was written later is not, and returns with the later layer",
      async () => {
        expect(await isWritten()).toBe(false);
        await start();
        await hand().write("one");
        expect(await isWritten()).toBe(true);
        await powerOff();
        expect((await freeze("n-1")).consistency).toBe("off");
        expect([await isWritten(bench.create.layer), await isWritten()]).toEqual([true, false]);
        await driver.resize(bench.id, { layer: top, bytes }, signal());
        expect(await isWritten()).toBe(false);
        await start();
        await hand().write("two");
        expect(await isWritten()).toBe(true);
        const running = await freeze("n-2");
        expect(running.consistency).toBe("quiet");
        expect(running.bytes).toBeGreaterThan(0);
        expect(running.pausedMs).toBeGreaterThanOrEqual(0);
        await hand().write("three");
        const backwards = rewind(bench.create.layer, "early");
        await expect(backwards).rejects.toMatchObject({ code: "machine-running" });
        await powerOff();

        await rewind(bench.create.layer, "n-3");
        expect(await driver.inspect(bench.id)).toMatchObject({ power: "off" });
        await start();
        expect(await hand().read()).toEqual(["one"]);
        await hand().write("elsewhere");
        await powerOff();
        await rewind("n-1", "n-4");
        await start();
        expect(await hand().read()).toEqual(["one", "two"]);
      },
      longMs,
    );

    test(
      "a fork has what its layer has, and neither it nor the other sees what the other writes from then on",
      async () => {
        const { id, ...own } = bench.other;
        const plan = { ...bench.create, layer: "fork", base: { layer: bench.create.layer }, ordinal: own.ordinal };
        for (const _ of ["once", "twice"]) await driver.create(id, plan, signal());
        const forked = { ...bench.start, ...own, layer: "fork", hardware: await hardware() };
        await bench.reachable(await driver.start(id, forked, signal()));
        expect(await bench.hand(id).read()).toEqual(["one"]);
        await bench.hand(id).write("forked");
        await hand().write("not forked");
        expect(await bench.hand(id).read()).toEqual(["one", "forked"]);
        expect(await hand().read()).toEqual(["one", "two", "not forked"]);
        await driver.destroy(id, ["fork"], signal());
        expect(await hand().read()).toEqual(["one", "two", "not forked"]);
      },
      longMs,
    );

    test("nothing stands on a layer that is written to, and a frozen one is not started", async () => {
      const { id } = bench.other;
      const plan = { ...bench.create, layer: "fork", base: { layer: top } };
      await expect(driver.create(id, plan, signal())).rejects.toMatchObject({ code: "layer-not-frozen" });
      await expect(driver.snapshots.check({ layer: top }, signal())).rejects.toMatchObject({
        code: "layer-not-frozen",
      });
      await powerOff();
      const frozen = { ...bench.start, layer: "n-1", hardware: await hardware() };
      await expect(driver.start(bench.id, frozen, signal())).rejects.toMatchObject({ code: "layer-frozen" });
    });

    test(
      "memory that is kept with a layer goes on where it was, however often; the guest that it was taken from runs on",
      async () => {
        await start();
        await hand().run("clock");
        const boots = await bench.boots(driver);
        const written = await hand().read();
        const from = top;
        const { kept, consistency, pausedMs, memoryLost } = await freeze("n-5", { memory: "m-1" });
        if (kept === undefined) throw new Error(`nothing was kept: ${memoryLost}`);
        expect([kept.memory, consistency]).toEqual(["m-1", "memory"]);
        expect(pausedMs).toBeGreaterThanOrEqual(0);
        expect(await driver.inspect(bench.id)).toMatchObject({ power: "running" });
        expect(await hand().runs("clock")).toBe(true);
        await hand().write("later");
        await powerOff();

        const foreign = { ...kept, build: "another" };
        for (const call of [
          driver.snapshots.check({ layer: from, kept: foreign }, signal()),
          driver.snapshots.rewind(bench.id, { from, next: "foreign", bytes, ordinal, kept: foreign }, signal()),
        ])
          await expect(call).rejects.toMatchObject({ code: "memory-foreign" });
        expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "user" });

        for (const next of ["n-6", "n-7"]) {
          await driver.snapshots.check({ layer: from, kept }, signal());
          await rewind(from, next, kept);
          const { memoryBytes, build } = kept;
          expect(await driver.inspect(bench.id)).toEqual({ power: "suspended", memoryBytes, build });
          await start({ resumes: true });
          expect(await hand().runs("clock")).toBe(true);
          expect(await hand().read()).toEqual(written);
          expect(await bench.boots(driver)).toBe(boots);
          await hand().write("on a branch");
          await driver.stop(bench.id, "discarded", signal());
          // The disk is ahead of the memory now, and the call that gave it the memory does so once.
          await driver.snapshots.rewind(bench.id, { from, next, bytes, ordinal, kept }, signal());
          expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "user" });
        }
      },
      longMs,
    );

    test(
      "a fork goes on from memory, connected to nothing until it is told who it is",
      async () => {
        const { id, ...own } = bench.other;
        await start();
        await hand().run("clock");
        const boots = await bench.boots(driver);
        const written = await hand().read();
        const from = top;
        const { kept } = await freeze("n-f", { memory: "m-f" });
        if (kept === undefined) throw new Error("nothing was kept");
        const warm = { kept, hardware: await hardware() };
        const plan = { ...bench.create, layer: "fork", base: { layer: from }, ordinal: own.ordinal, warm };
        const foreign = { ...plan, warm: { ...warm, kept: { ...kept, build: "another" } } };
        await expect(driver.create(id, foreign, signal())).rejects.toMatchObject({ code: "memory-foreign" });
        for (const _ of ["once", "twice"])
          expect((await driver.create(id, plan, signal())).hardware).toEqual(warm.hardware);
        expect(await driver.inspect(id)).toMatchObject({ power: "suspended", memoryBytes: kept.memoryBytes });

        const stranger = { ...bench.start, ...own, layer: "fork", hardware: warm.hardware, resumes: true };
        const started = await driver.start(id, { ...stranger, isStranger: true }, signal());
        expect(await driver.start(id, { ...stranger, isStranger: true }, signal())).toEqual(started);
        for (const _ of ["once", "twice"]) await driver.identify(id, bench.identity(id), signal());
        await bench.reachable(started);
        const forked = bench.hand(id);
        expect(await forked.runs("clock")).toBe(true);
        expect(await forked.read()).toEqual(written);
        await forked.write("of the fork");
        expect(await hand().read()).toEqual(written);
        expect(await hand().runs("clock")).toBe(true);
        expect(await bench.boots(driver)).toBe(boots);

        // Its own memory loads into a machine that is no stranger.
        await driver.suspend(id, signal());
        await bench.reachable(await driver.start(id, stranger, signal()));
        expect(await forked.runs("clock")).toBe(true);
        await driver.destroy(id, ["fork"], signal());
        await powerOff();
        const refused = driver.identify(bench.id, bench.identity(bench.id), signal());
        await expect(refused).rejects.toMatchObject({ code: "machine-not-running" });
      },
      longMs,
    );

    test(
      "a suspended machine is frozen with its memory and without, and goes on from it on its new top",
      async () => {
        await start();
        await hand().run("clock");
        const boots = await bench.boots(driver);
        await driver.suspend(bench.id, signal());
        const from = top;
        const { kept } = await freeze("n-8", { memory: "m-2" });
        expect(await freeze("n-9")).toMatchObject({ consistency: "crash" });
        await start({ resumes: true });
        expect(await hand().runs("clock")).toBe(true);
        await hand().write("after");
        await driver.suspend(bench.id, signal());
        // What it saved itself is of another disk than the one that it goes back to.
        await rewind(from, "n-10", kept);
        await start({ resumes: true });
        expect(await hand().runs("clock")).toBe(true);
        expect(await hand().read()).not.toContain("after");
        expect(await bench.boots(driver)).toBe(boots);
        await driver.suspend(bench.id, signal());
        await rewind(from, "n-11");
        expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "user" });
      },
      longMs,
    );

    test("of a machine that is off there is no memory to keep, and that is said", async () => {
      expect(await freeze("n-12", { memory: "m-3" })).toMatchObject({
        consistency: "off",
        memoryLost: "the machine did not run",
      });
      const kept = { memory: "m-3", memoryBytes: 1, build: "b", accelerator: "tcg" };
      const missing = { code: "memory-missing" };
      await expect(driver.snapshots.check({ layer: "n-11", kept }, signal())).rejects.toMatchObject(missing);
    });

    test("a layer that others stand on is not discarded, and nothing else of that call either", async () => {
      const refused = { layers: ["n-11", "n-2"], memories: ["m-1"], quarantine: false };
      await expect(driver.snapshots.discard(refused, signal())).rejects.toMatchObject({
        code: "layer-in-use",
        message: expect.stringContaining("n-11"),
      });
      await driver.snapshots.check({ layer: "n-11" }, signal());
      for (const quarantine of [true, true, false, false])
        await driver.snapshots.discard({ layers: ["n-2"], memories: ["m-1", "m-2", "m-f"], quarantine }, signal());
    });

    test("a layer that is gone is named, whatever stands on it", async () => {
      const missing = { code: "layer-missing", message: expect.stringContaining("n-11") };
      bench.lose("n-11");
      await expect(driver.snapshots.check({ layer: "n-11" }, signal())).rejects.toMatchObject(missing);
      const next = { from: "n-11", next: "lost", bytes, ordinal };
      await expect(driver.snapshots.rewind(bench.id, next, signal())).rejects.toMatchObject(missing);
      const plan = { ...bench.create, layer: "fork", base: { layer: "n-11" } };
      await expect(driver.create(bench.other.id, plan, signal())).rejects.toMatchObject(missing);
      const resumed = { ...bench.start, layer: top, hardware: await hardware() };
      await expect(driver.start(bench.id, resumed, signal())).rejects.toMatchObject(missing);
      await expect(isWritten("n-11")).rejects.toMatchObject({ code: "disk-missing" });
    });

    test("what is destroyed and discarded leaves nothing", async () => {
      await driver.destroy(bench.id, [top], signal());
      const tops = Array.from({ length: 12 }, (_, index) => `n-${index + 1}`);
      const layers = [bench.create.layer, "n-f", ...tops];
      await driver.snapshots.discard({ layers, memories: [], quarantine: false }, signal());
      expect(await bench.leftovers()).toEqual([]);
    });
  });
}
