/** What every driver that leads ports of the host into machines must do, run against each. No guest has to answer for it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Driver } from "../../src/drivers/driver.ts";
import type { Forward } from "../../src/model/forward.ts";
import { type Bench, guestMs } from "./contract.ts";

export interface ForwardBench extends Bench {
  /** A port of the host that nobody has. */
  freePort(): Promise<number>;
  /** Somebody else takes it; the answer lets go of it. */
  take(port: number): Promise<() => Promise<void>>;
  /** Does anybody take connections there? */
  opens(port: number): Promise<boolean>;
}

export function describeForwards(name: string, createBench: () => Promise<ForwardBench>): void {
  describe(`forwards of the driver contract: ${name}`, () => {
    let bench: ForwardBench;
    let driver: Driver;
    beforeAll(async () => {
      bench = await createBench();
      driver = bench.open();
      await driver.create(bench.id, bench.create, signal());
    });
    afterAll(async () => {
      await driver?.close();
      await bench?.close();
    });
    const signal = () => AbortSignal.timeout(guestMs);
    const start = async () => {
      const { hardware } = await driver.create(bench.id, bench.create, signal());
      return driver.start(bench.id, { ...bench.start, hardware }, signal());
    };
    const to = (host: number, guest = 80): Forward => ({ protocol: "tcp", bind: "127.0.0.1", host, guest });
    const apply = (...forwards: readonly Forward[]) =>
      driver.forwards?.apply(bench.id, { address: bench.start.address, forwards }, signal()) ??
      Promise.reject(new Error("it has none"));

    test("a machine that is off has none", async () => {
      await expect(apply(to(await bench.freePort()))).rejects.toMatchObject({ code: "machine-not-running" });
    });

    test(
      "are what was asked for last, and its SSH is left alone",
      async () => {
        const { ssh } = await start();
        const [one, two] = [await bench.freePort(), await bench.freePort()];
        expect(await apply(to(one), to(two, 81))).toEqual([{ port: one }, { port: two }]);
        for (const _ of ["once", "twice"]) expect(await apply(to(two, 81))).toEqual([{ port: two }]);
        expect([await bench.opens(one), await bench.opens(two), await bench.opens(ssh.port)]).toEqual([
          false,
          true,
          true,
        ]);
        expect(await apply(to(two, 82))).toEqual([{ port: two }]);
        expect(await driver.inspect(bench.id)).toMatchObject({ power: "running", started: { ssh } });
      },
      guestMs,
    );

    test(
      "may have a port that the driver chooses, and which stays the same",
      async () => {
        const [opened] = await apply(to(0));
        expect(opened).toEqual({ port: expect.any(Number) });
        expect(await apply(to(0), to(0, 81))).toMatchObject([{ ...opened }, { port: expect.any(Number) }]);
      },
      guestMs,
    );

    test(
      "a port that somebody else has is refused, the others open, and it opens later",
      async () => {
        const [taken, free] = [await bench.freePort(), await bench.freePort()];
        const letGo = await bench.take(taken);
        expect(await apply(to(taken), to(free))).toEqual([{ refused: expect.any(String) }, { port: free }]);
        await letGo();
        expect(await apply(to(taken), to(free))).toEqual([{ port: taken }, { port: free }]);
      },
      guestMs,
    );

    test(
      "are found again by the next daemon, and end with the machine",
      async () => {
        const port = await bench.freePort();
        await apply(to(port));
        await driver.close();
        driver = bench.open();
        expect(await bench.opens(port)).toBe(true);
        expect(await apply(to(port))).toEqual([{ port }]);
        await driver.stop(bench.id, "forced", signal());
        expect(await bench.opens(port)).toBe(false);
        await start();
        expect(await bench.opens(port)).toBe(false);
        expect(await apply(to(port))).toEqual([{ port }]);
        await driver.suspend(bench.id, signal());
        expect(await bench.opens(port)).toBe(false);
        await start();
        expect(await apply(to(port))).toEqual([{ port }]);
        expect(await bench.opens(port)).toBe(true);
      },
      guestMs,
    );
  });
}
