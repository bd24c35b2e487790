/** What every driver must do with folders of the host, run against each: `describeMounts(name, createBench)`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Driver } from "../../src/drivers/driver.ts";
import type { MountSupport } from "../../src/drivers/mounts.ts";
import { guestMs } from "./contract.ts";
import type { Bench } from "./contract.ts";

const many = ["a1", "b2", "c3", "d4", "e5", "f6", "g7"];

export function describeMounts(name: string, createBench: () => Promise<Bench>): void {
  describe(`folders of the host: ${name}`, () => {
    let bench: Bench;
    let driver: Driver;
    const signal = () => AbortSignal.timeout(guestMs);
    const mounts = (): MountSupport => {
      if (!driver.mounts) throw new Error("the driver has no folders of the host");
      return driver.mounts;
    };
    const plug = async (tag: string) => {
      await bench.serve(await mounts().door(bench.id, tag, signal()));
      await mounts().attach(bench.id, tag, signal());
    };
    const attached = () => mounts().attached(bench.id, signal());
    const start = async () => {
      const { hardware } = await driver.create(bench.id, bench.create, signal());
      return driver.start(bench.id, { ...bench.start, hardware }, signal());
    };
    beforeAll(async () => {
      bench = await createBench();
      driver = bench.open();
      await driver.create(bench.id, bench.create, signal());
    });
    afterAll(async () => {
      await driver?.close();
      await bench?.close();
    });

    test("a machine that is off has none, and can be given none", async () => {
      expect(await attached()).toEqual([]);
      await mounts().detach(bench.id, "a1", signal());
      for (const call of [mounts().attach, mounts().door])
        await expect(call(bench.id, "a1", signal())).rejects.toMatchObject({ code: "machine-not-running" });
    });

    test(
      "one is plugged in and out of a machine that runs, and again, and is found after a restart of the daemon",
      async () => {
        await bench.reachable(await start());
        await plug("a1");
        await mounts().attach(bench.id, "a1", signal());
        expect(await attached()).toEqual(["a1"]);
        await driver.close();
        driver = bench.open();
        expect(await attached()).toEqual(["a1"]);
        for (const _ of ["once", "twice"]) await mounts().detach(bench.id, "a1", signal());
        expect(await attached()).toEqual([]);
        await plug("a1");
        await plug("b2");
        expect(await attached()).toEqual(["a1", "b2"]);
      },
      guestMs,
    );

    test(
      "with one plugged in no memory is saved and the machine runs on; without, it is",
      async () => {
        await expect(driver.suspend(bench.id, signal())).rejects.toMatchObject({ code: "memory-not-moved" });
        expect(await driver.inspect(bench.id)).toMatchObject({ power: "running" });
        for (const tag of await attached()) await mounts().detach(bench.id, tag, signal());
        await driver.suspend(bench.id, signal());
        expect(await attached()).toEqual([]);
        const { hardware } = await driver.create(bench.id, bench.create, signal());
        await bench.reachable(await driver.start(bench.id, { ...bench.start, hardware, resumes: true }, signal()));
        await plug("a1");
      },
      guestMs,
    );

    test(
      "one too many is refused, and the others stay; a machine that starts again has none",
      async () => {
        for (const tag of many.slice(1)) await plug(tag);
        await expect(plug("h8")).rejects.toMatchObject({ code: "mount-unsupported" });
        expect(await attached()).toEqual(many);
        await driver.stop(bench.id, "forced", signal());
        await start();
        expect(await attached()).toEqual([]);
        await driver.stop(bench.id, "forced", signal());
      },
      guestMs,
    );
  });
}
