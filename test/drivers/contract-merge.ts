/** What every driver owes a merge of layers, run against each: nothing that is read through a layer changes, and the guest runs on. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Driver, MergePlan } from "../../src/drivers/driver.ts";
import type { Bench } from "./contract.ts";
import { guestMs } from "./contract.ts";

const longMs = 4 * guestMs;

export function describeMerge(name: string, createBench: () => Promise<Bench>): void {
  describe(`the driver contract on merges: ${name}`, () => {
    let bench: Bench;
    let driver: Driver;
    let first: string;
    let top: string;
    beforeAll(async () => {
      bench = await createBench();
      driver = bench.open();
      top = first = bench.create.layer;
      await driver.create(bench.id, bench.create, signal());
    });
    afterAll(async () => {
      await driver?.close();
      await bench?.close();
    });

    const signal = () => AbortSignal.timeout(longMs);
    const hand = () => bench.hand(bench.id);
    const { ordinal, bytes } = { ordinal: 1, bytes: 2 ** 31 };
    const start = async () => {
      const { hardware } = await driver.create(bench.id, bench.create, signal());
      await bench.reachable(await driver.start(bench.id, { ...bench.start, layer: top, hardware }, signal()));
    };
    /** Writes, and freezes what was written. */
    const layer = async (text: string, next: string) => {
      await hand().write(text);
      await driver.snapshots.freeze(bench.id, { layer: top, next, bytes, ordinal }, signal());
      top = next;
    };
    const goBack = async (from: string, next: string): Promise<string[]> => {
      await driver.stop(bench.id, "forced", signal());
      await driver.snapshots.rewind(bench.id, { from, next, bytes, ordinal }, signal());
      top = next;
      await start();
      return hand().read();
    };
    const merge = (plan: Omit<MergePlan, "machines">) =>
      driver.snapshots.merge({ ...plan, machines: [bench.id] }, signal());

    test(
      "a layer takes in the one below it while the guest runs, which reads and writes as before; twice is as once",
      async () => {
        await start();
        await layer("one", "n-1");
        await layer("two", "n-2");
        await layer("three", "n-3");
        await hand().write("four");
        const boots = await bench.boots(driver);
        const once = await merge({ layer: "n-2", from: ["n-1"], parent: first });
        expect(once.bytes).toBeGreaterThan(0);
        expect(await merge({ layer: "n-2", from: ["n-1"], parent: first })).toEqual(once);
        expect(await hand().read()).toEqual(["one", "two", "three", "four"]);
        await hand().write("five");
        expect(await bench.boots(driver)).toBe(boots);
        await driver.snapshots.discard({ layers: ["n-1"], memories: [], quarantine: false }, signal());
        await driver.snapshots.check({ layer: "n-2" }, signal());
        await hand().write("six");
      },
      longMs,
    );

    test(
      "a layer takes in all below it, down to the image; the ones below stay what they are",
      async () => {
        await merge({ layer: "n-2", from: [first] });
        expect(await hand().read()).toEqual(["one", "two", "three", "four", "five", "six"]);
        await layer("seven", "n-4");
        await driver.snapshots.check({ layer: first }, signal());
        expect(await goBack("n-2", "n-5")).toEqual(["one", "two", "three"]);
        expect(await goBack(first, "n-6")).toEqual(["one"]);
        expect(await goBack("n-3", "n-7")).toEqual(["one", "two", "three", "four", "five", "six", "seven"]);
      },
      longMs,
    );

    test("what is written to, what is not there and what the plan does not name are refused, and nothing changes", async () => {
      const refusals: [Omit<MergePlan, "machines">, string][] = [
        [{ layer: top, from: ["n-3"], parent: "n-2" }, "layer-not-frozen"],
        [{ layer: "n-0", from: ["n-3"], parent: "n-2" }, "layer-missing"],
        [{ layer: "n-3", from: [], parent: first }, "layer-damaged"],
        [{ layer: "n-3", from: ["n-2"], parent: first }, "layer-damaged"],
      ];
      for (const [plan, code] of refusals) await expect(merge(plan)).rejects.toMatchObject({ code });
      const refused = driver.snapshots.discard({ layers: ["n-2"], memories: [], quarantine: false }, signal());
      await expect(refused).rejects.toMatchObject({ code: "layer-in-use" });
      expect(await hand().read()).toHaveLength(7);
    });
  });
}
