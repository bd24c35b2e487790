/** What every driver must do that leads packets of its machines elsewhere: `describeLinks(name, createBench)`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Driver } from "../../src/drivers/driver.ts";
import type { Cables } from "../../src/drivers/links.ts";
import { connectDescriptor } from "../../src/sys/unix-descriptor.ts";
import type { OpenDescriptor } from "../../src/sys/unix-descriptor.ts";
import { until } from "../e2e/harness.ts";
import type { Bench } from "./contract.ts";

const limitMs = 120_000;

export function describeLinks(name: string, createBench: () => Promise<Bench>): void {
  describe(`links of ${name}`, () => {
    let bench: Bench;
    let driver: Driver;
    let hardware: Awaited<ReturnType<Driver["create"]>>["hardware"];
    const directory = mkdtempSync(join(tmpdir(), "strata-cables-"));
    const path = join(directory, "end");
    let ends = 0;
    const listener = Bun.listen({
      unix: path,
      socket: { open: () => void (ends += 1), data: () => {}, close: () => void (ends -= 1) },
    });
    const signal = () => AbortSignal.timeout(60_000);
    /** Handed over, and then let go of, as the contract allows. */
    const plug = async () => {
      const open: OpenDescriptor[] = [];
      const end = () => {
        const made = connectDescriptor(path, "x");
        open.push(made);
        return made;
      };
      const cables: Cables = { fromGuest: end(), toNetwork: end(), toGuest: end() };
      await driver.links?.plug(bench.id, cables, signal()).finally(() => open.forEach((each) => each.close()));
    };
    beforeAll(async () => {
      bench = await createBench();
      driver = bench.open();
      ({ hardware } = await driver.create(bench.id, bench.create, signal()));
    });
    afterAll(async () => {
      await driver?.close();
      await bench?.close();
      listener.stop(true);
      rmSync(directory, { recursive: true });
    });

    test("a machine that is off is not plugged in, and unplugged it is already", async () => {
      await expect(plug()).rejects.toMatchObject({ code: "machine-not-running" });
      await driver.links?.unplug(bench.id, signal());
    });

    test(
      "one that starts walled is plugged in, again with other cables, found so by the next driver, and unplugged",
      async () => {
        await driver.start(bench.id, { ...bench.start, hardware, isWalled: true }, signal());
        const isPlugged = () => driver.links?.isPlugged(bench.id, signal());
        expect(await isPlugged()).toBe(false);
        await plug();
        await plug();
        expect(await isPlugged()).toBe(true);
        await driver.close();
        driver = bench.open();
        expect(await isPlugged()).toBe(true);
        await plug();
        for (const _ of ["once", "twice"]) await driver.links?.unplug(bench.id, signal());
        expect(await isPlugged()).toBe(false);
        await until("no cable is left", () => ends === 0);
        await driver.stop(bench.id, "forced", signal());
      },
      limitMs,
    );

    test(
      "one that started without a wall is plugged in while it runs",
      async () => {
        await driver.start(bench.id, { ...bench.start, hardware }, signal());
        await plug();
        await driver.stop(bench.id, "forced", signal());
        await until("its cables end with it", () => ends === 0);
      },
      limitMs,
    );
  });
}
