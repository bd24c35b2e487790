/** What every driver must do, run against each: `describeDriver(name, createBench)`. A bench is one fresh world with one instance in it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { CreatePlan, Driver, Happening, IdentityPlan, StartPlan, Started } from "../../src/drivers/driver.ts";
import type { MountDoor } from "../../src/drivers/mounts.ts";

/** Inside a guest that runs. */
export interface Hand {
  /** To its disk, and on it when this resolves. */
  write(text: string): Promise<void>;
  /** All that was written to its disk, the oldest first. */
  read(): Promise<string[]>;
  /** Starts a program that runs until the guest ends. */
  run(name: string): Promise<void>;
  runs(name: string): Promise<boolean>;
}

export interface Bench {
  readonly id: string;
  readonly create: CreatePlan;
  readonly start: Omit<StartPlan, "hardware">;
  /** A new driver object on the same world, as after a restart of the daemon. */
  open(): Driver;
  /** Resolves when the guest's SSH server has greeted. */
  reachable(started: Started): Promise<void>;
  /** Kills the machine from outside. */
  crash(started: Started): Promise<void>;
  guestPowersOff(): Promise<void>;
  guestResets(): Promise<void>;
  /** How often the guest has booted. */
  boots(driver: Driver): Promise<number>;
  hand(id: string): Hand;
  /** Makes a running guest the machine `id`. */
  identity(id: string): IdentityPlan;
  /** What tells a second machine of this world from the first. */
  readonly other: Pick<StartPlan, "ordinal" | "mac" | "address"> & { readonly id: string };
  /** A server of files waits for the machine there. */
  serve(door: MountDoor): Promise<void>;
  /** A layer is gone, and nobody said so. */
  lose(layer: string): void;
  /** Names of what is left of the instance on the host. */
  leftovers(): Promise<string[]>;
  /** Stops whatever still runs and removes the world. */
  close(): Promise<void>;
}

/** A guest that boots under emulation on a busy machine. */
export const guestMs = 240_000;
const waitMs = 60_000;

export function describeDriver(name: string, createBench: () => Promise<Bench>): void {
  describe(`the driver contract: ${name}`, () => {
    let bench: Bench;
    let driver: Driver;
    beforeAll(async () => {
      bench = await createBench();
      driver = bench.open();
    });
    afterAll(async () => {
      await driver?.close();
      await bench?.close();
    });
    const signal = () => AbortSignal.timeout(guestMs);
    const create = () => driver.create(bench.id, bench.create, signal());
    const start = async () => driver.start(bench.id, { ...bench.start, ...(await create()) }, signal());
    const heard = (whose: Driver) => {
      const happenings: Happening[] = [];
      whose.watch((id, happening) => void (id === bench.id && happenings.push(happening)));
      return happenings;
    };

    test("the host can run it", async () => {
      const report = await driver.check(signal());
      expect(report.build).not.toBe("");
    });

    test("create makes a machine that is off, and again the same one", async () => {
      expect(await driver.inspect(bench.id)).toEqual({ power: "missing" });
      const first = await create();
      expect(first.hardware).toMatchObject({ driver: driver.name });
      expect(await create()).toEqual(first);
      expect(await driver.inspect(bench.id)).toMatchObject({ power: "off" });
    });

    test("a disk smaller than the image is refused, and nothing is made", async () => {
      const other = Bun.randomUUIDv7();
      const small = { ...bench.create, layer: "too-small", specs: { ...bench.create.specs, disk: 2 ** 20 } };
      await expect(driver.create(other, small, signal())).rejects.toMatchObject({ code: "disk-too-small" });
      expect(await driver.inspect(other)).toEqual({ power: "missing" });
    });

    test("more memory than the host has is refused at the start", async () => {
      const { hardware } = await create();
      const plan = { ...bench.start, hardware, specs: { ...bench.start.specs, memory: 2 ** 52 } };
      await expect(driver.start(bench.id, plan, signal())).rejects.toMatchObject({
        code: "memory-too-large",
      });
      expect(await driver.inspect(bench.id)).toMatchObject({ power: "off" });
    });

    test("a call whose signal is aborted already rejects with the reason", async () => {
      const { hardware } = await create();
      const reason = new Error("not wanted any more");
      const given = driver.start(bench.id, { ...bench.start, hardware }, AbortSignal.abort(reason));
      await expect(given).rejects.toBe(reason);
      expect(await driver.inspect(bench.id)).toMatchObject({ power: "off" });
    });

    test(
      "a started machine answers, is the same after a restart of the daemon, and its crash is told",
      async () => {
        const started = await start();
        expect(await start()).toEqual(started);
        await bench.reachable(started);
        expect((await firstOf(driver.console(bench.id, { follow: false, signal: signal() }))).length).toBeGreaterThan(
          0,
        );

        await driver.close();
        driver = bench.open();
        const happenings = heard(driver);
        expect(await driver.inspect(bench.id)).toEqual({ power: "running", started });
        await bench.crash(started);
        await until(() => happenings.length > 0);
        expect(happenings).toEqual([{ kind: "ended", cause: "crash" }]);
        expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "crash" });
      },
      guestMs,
    );

    test(
      "a guest that restarts and then powers itself off is noticed each time",
      async () => {
        const happenings = heard(driver);
        await bench.reachable(await start());
        await bench.guestResets();
        await until(() => happenings.length > 0);
        const again = await driver.inspect(bench.id);
        if (again.power === "running") await bench.reachable(again.started);
        await bench.guestPowersOff();
        await until(() => happenings.length > 1);
        expect(happenings).toEqual([{ kind: "reset" }, { kind: "ended", cause: "guest" }]);
        expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "guest" });
      },
      guestMs,
    );

    test(
      "a graceful stop asks the guest, tells nobody, and is confirmed when repeated",
      async () => {
        const happenings = heard(driver);
        await bench.reachable(await start());
        await driver.stop(bench.id, "graceful", signal());
        expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "user" });
        for (const how of ["graceful", "forced"] as const) await driver.stop(bench.id, how, signal());
        expect(happenings).toEqual([]);
      },
      guestMs,
    );

    test(
      "a suspended machine goes on where it was, after a restart of the daemon too",
      async () => {
        const happenings = heard(driver);
        await bench.reachable(await start());
        const boots = await bench.boots(driver);
        const saved = await driver.suspend(bench.id, signal());
        expect(saved.memoryBytes).toBeGreaterThan(0);
        expect(await driver.suspend(bench.id, signal())).toEqual(saved);
        expect(happenings).toEqual([]);

        await driver.close();
        driver = bench.open();
        expect(await driver.inspect(bench.id)).toEqual({ power: "suspended", ...saved });
        const { hardware } = await create();
        const started = await driver.start(bench.id, { ...bench.start, hardware, resumes: true }, signal());
        await bench.reachable(started);
        expect(await driver.inspect(bench.id)).toEqual({ power: "running", started });
        expect(await bench.boots(driver)).toBe(boots);
      },
      guestMs,
    );

    test(
      "a forced stop throws saved memory away, and what must go on from it does not start",
      async () => {
        await start();
        await driver.suspend(bench.id, signal());
        await driver.stop(bench.id, "forced", signal());
        expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "user" });
        await expect(driver.suspend(bench.id, signal())).rejects.toMatchObject({ code: "machine-not-running" });
        const { hardware } = await create();
        const resuming = driver.start(bench.id, { ...bench.start, hardware, resumes: true }, signal());
        await expect(resuming).rejects.toMatchObject({ code: "memory-missing" });
      },
      guestMs,
    );

    test(
      "a disk grows while the machine runs and while it is off, and again to the same size",
      async () => {
        const grow = (bytes: number) => driver.resize(bench.id, { layer: bench.create.layer, bytes }, signal());
        await start();
        for (const _ of ["once", "twice"]) await grow(2 * bench.create.specs.disk);
        await driver.stop(bench.id, "forced", signal());
        for (const _ of ["once", "twice"]) await grow(3 * bench.create.specs.disk);
        await start();
      },
      guestMs,
    );

    test(
      "a forced stop needs no guest, and destroy leaves nothing, running or not, twice as well as once",
      async () => {
        await start();
        await driver.stop(bench.id, "forced", signal());
        expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "user" });
        await start();
        for (const _ of ["once", "twice"]) await driver.destroy(bench.id, [bench.create.layer], signal());
        expect(await driver.inspect(bench.id)).toEqual({ power: "missing" });
        expect(await bench.leftovers()).toEqual([]);
      },
      guestMs,
    );
  });
}

async function firstOf(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const chunk of chunks) return chunk;
  return new Uint8Array();
}

/** Waits for a condition, looking often; throws when it does not come. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${waitMs / 1000} s: ${condition}`);
    await Bun.sleep(20);
  }
}
