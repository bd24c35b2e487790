/** What every driver must tell that counts what its machines use: `describeMetrics(name, createBench)`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Driver } from "../../src/drivers/driver.ts";
import type { Counters, MetricSupport } from "../../src/drivers/metrics.ts";
import { guestMs } from "./contract.ts";
import type { Bench } from "./contract.ts";

export function describeMetrics(name: string, createBench: () => Promise<Bench>): void {
  describe(`what machines use: ${name}`, () => {
    let bench: Bench;
    let driver: Driver;
    const signal = () => AbortSignal.timeout(guestMs);
    const metrics = (): MetricSupport => {
      if (!driver.metrics) throw new Error("the driver counts nothing");
      return driver.metrics;
    };
    const read = () => metrics().read(bench.id, signal());
    beforeAll(async () => {
      bench = await createBench();
      driver = bench.open();
    });
    afterAll(async () => {
      await driver?.close();
      await bench?.close();
    });

    test("a machine that is off uses nothing that could be told", async () => {
      await driver.create(bench.id, bench.create, signal());
      await expect(read()).rejects.toMatchObject({ code: "machine-not-running" });
    });

    test(
      "one that runs tells numbers that only grow, after a restart of the daemon too, until it is off",
      async () => {
        const { hardware } = await driver.create(bench.id, bench.create, signal());
        await bench.reachable(await driver.start(bench.id, { ...bench.start, hardware }, signal()));
        const first = await read();
        expect(first.cpuSeconds).toBeGreaterThanOrEqual(0);
        expect(first.residentBytes).toBeGreaterThan(0);
        expect(first.diskReadBytes).toBeGreaterThanOrEqual(0);
        expect(grown(first, await read())).toBe(true);
        await driver.close();
        driver = bench.open();
        await driver.inspect(bench.id);
        expect(grown(first, await read())).toBe(true);
        await driver.stop(bench.id, "forced", signal());
        await expect(read()).rejects.toMatchObject({ code: "machine-not-running" });
      },
      guestMs,
    );
  });
}

const grown = (before: Counters, after: Counters): boolean =>
  (["cpuSeconds", "diskReadBytes", "diskWrittenBytes"] as const).every(
    (key) => (after[key] ?? 0) >= (before[key] ?? 0),
  );
