/** Freezes of a real, running QEMU that somebody does not outlive: the guest runs on, and the next call finishes or starts over. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FreezePlan } from "../../src/drivers/driver.ts";
import { connectQmp } from "../../src/drivers/qemu/qmp.ts";
import type { Qmp } from "../../src/drivers/qemu/qmp.ts";
import { type Clock, systemClock } from "../../src/sys/clock.ts";
import { guestMs, until } from "./contract.ts";
import { agentOf, createQemuBench } from "./qemu-bench.ts";
import type { QemuBench } from "./qemu-bench.ts";
import { inGuest } from "./qemu-guest.ts";
import { mortal, wired } from "./qemu-mortal.ts";

let bench: QemuBench;
let top: string;
let serial = 0;
const signal = () => AbortSignal.timeout(2 * guestMs);
const layers = () => join(bench.options.dataDirectory, "layers");
const memories = () => join(bench.options.dataDirectory, "memories");
const instance = (name: string) => join(bench.options.dataDirectory, "instances", bench.id, name);
const record = () => JSON.parse(readFileSync(instance("run.json"), "utf8"));
const guest = (script: string) => inGuest(agentOf(bench.options.runtimeDirectory, bench.id), script);

beforeAll(async () => {
  bench = await createQemuBench();
  top = bench.create.layer;
  const driver = bench.open();
  const { hardware } = await driver.create(bench.id, bench.create, signal());
  await bench.reachable(await driver.start(bench.id, { ...bench.start, hardware }, signal()));
  await driver.close();
  await guest("true");
}, 2 * guestMs);
afterAll(() => bench?.close());

/** A new plan for the disk as it is. */
function plan(more: Pick<FreezePlan, "memory"> = {}): FreezePlan {
  serial += 1;
  return { layer: top, next: `n-${serial}`, bytes: bench.create.specs.disk, ordinal: 1, ...more };
}

/** By a connection of its own, which QEMU has only while no driver has one. */
async function ask<Value>(question: (qmp: Qmp) => Promise<Value>): Promise<Value> {
  const path = join(bench.options.runtimeDirectory, bench.id.slice(-12), "qmp");
  const qmp = await connectQmp(bench.options, { path }, { event: () => {}, closed: () => {} }, signal(), 20_000);
  try {
    return await question(qmp);
  } finally {
    qmp.close();
  }
}
const status = () => ask(async (qmp) => ((await qmp.execute("query-status")) as { status: string }).status);

/** What a new driver makes of it that only looks. */
async function looked(): Promise<string> {
  const driver = bench.open();
  expect(await driver.inspect(bench.id)).toMatchObject({ power: "running" });
  await driver.close();
  return status();
}

async function again(given: FreezePlan) {
  const driver = bench.open();
  try {
    const frozen = await driver.snapshots.freeze(bench.id, given, signal());
    top = given.next;
    if (frozen.kept) await driver.snapshots.check({ layer: given.layer, kept: frozen.kept }, signal());
    return frozen;
  } finally {
    await driver.close();
  }
}

async function interrupt(given: FreezePlan, at: string): Promise<void> {
  const { driver, died } = mortal(bench, at);
  driver.snapshots.freeze(bench.id, given, signal()).catch(() => undefined);
  await died;
}

describe("a daemon that is killed in a freeze with memory", () => {
  const moments: [name: string, at: string, stands: string, isSwitched: boolean][] = [
    ["before QEMU begins to write", "migrate", "paused", false],
    ["while QEMU waits before the switch", "blockdev-snapshot", "finish-migrate", false],
    ["after the switch, while QEMU waits", "migrate-continue", "finish-migrate", true],
    ["when all is written and the guest stands still", "cont", "postmigrate", true],
    ["before the memory has its name", "rename /", "running", true],
  ];
  for (const [name, at, stands, isSwitched] of moments)
    test(
      `${name}: the guest goes on when the next one looks, and the same call ends in memory that is whole`,
      async () => {
        const given = plan({ memory: `m-${serial}` });
        const place = join(memories(), `${given.memory}.img`);
        await interrupt(given, at === "rename /" ? `rename ${place}` : at);
        expect(await status()).toBe(stands);
        expect(record().freezing).toMatchObject({ next: given.next });

        expect(await looked()).toBe("running");
        expect(record().freezing).toBeUndefined();
        expect(existsSync(join(layers(), `${given.next}.qcow2`))).toBe(isSwitched);
        expect([existsSync(place), existsSync(`${place}.new`)]).toEqual([isSwitched, false]);
        const { consistency, kept } = await again(given);
        expect([consistency, kept?.memory]).toEqual(["memory", given.memory]);
        expect(kept?.memoryBytes).toBe(statSync(place).size);
        expect(statSync(join(layers(), `${given.layer}.qcow2`)).mode & 0o777).toBe(0o400);
        await guest("echo alive >/root/alive; sync");
      },
      2 * guestMs,
    );

  test(
    "a suspend that finds it so saves the machine, which goes on",
    async () => {
      await interrupt(plan({ memory: "m-none" }), "blockdev-snapshot");
      const driver = bench.open();
      await driver.suspend(bench.id, signal());
      const { hardware } = await driver.create(bench.id, bench.create, signal());
      await driver.start(bench.id, { ...bench.start, layer: top, hardware, resumes: true }, signal());
      await driver.close();
      expect(await status()).toBe("running");
      await guest("echo alive >/root/alive; sync");
    },
    2 * guestMs,
  );

  test(
    "in a suspend: the machine runs on when the next one looks",
    async () => {
      for (const at of ["migrate", "query-migrate"]) {
        const { driver, died } = mortal(bench, at);
        driver.suspend(bench.id, signal()).catch(() => undefined);
        await died;
        expect(await looked()).toBe("running");
      }
    },
    2 * guestMs,
  );
});

describe("a daemon that is killed in a freeze without memory", () => {
  const moments: [name: string, at: string, consistency: string][] = [
    ["before the switch", "blockdev-snapshot", "quiet"],
    ["after the switch", "guest-fsfreeze-thaw", "crash"],
  ];
  for (const [name, at, consistency] of moments)
    test(
      `${name}: the guest's file systems go on when the next one looks`,
      async () => {
        const given = plan();
        await interrupt(given, at);
        expect(record().freezing).toMatchObject({ isQuiet: true });
        const driver = bench.open();
        await driver.inspect(bench.id);
        await until(() => record().freezing === undefined);
        await driver.close();
        await guest("echo thawed >/root/thawed; sync");
        expect((await again(given)).consistency as string).toBe(consistency);
      },
      2 * guestMs,
    );
});

describe("where QEMU keeps track of what a running guest writes", () => {
  // The way of KVM, walked by an emulator: what it writes as memory is not to be loaded.
  beforeAll(() => writeFileSync(instance("run.json"), JSON.stringify({ ...record(), accelerator: "kvm" })));
  afterAll(() => writeFileSync(instance("run.json"), JSON.stringify({ ...record(), accelerator: "tcg" })));

  test(
    "the guest is stopped for the last part of its memory only, and runs on",
    async () => {
      const given = plan({ memory: "m-live" });
      const asked: string[] = [];
      const driver = wired(bench, (what) => {
        asked.push(what);
        return false;
      });
      const { consistency, kept, pausedMs } = await driver.snapshots.freeze(bench.id, given, signal());
      await driver.close();
      top = given.next;
      expect([consistency, kept?.accelerator, asked.includes("stop")]).toEqual(["memory", "kvm", false]);
      expect(pausedMs).toBeGreaterThanOrEqual(0);
      expect(await status()).toBe("running");
    },
    2 * guestMs,
  );

  test(
    "a daemon that is killed while QEMU writes leaves a guest that runs, and the next look ends the writing",
    async () => {
      for (const at of ["query-migrate", "blockdev-snapshot"]) {
        const given = plan({ memory: "m-killed" });
        await interrupt(given, at);
        expect(await looked()).toBe("running");
        expect(readdirSync(memories()).filter((name) => name.startsWith("m-killed"))).toEqual([]);
        expect(record().freezing).toBeUndefined();
      }
    },
    2 * guestMs,
  );
});

describe("a freeze that is given up or fails", () => {
  const ended = '{"event":"SHUTDOWN","data":{"guest":true,"reason":"guest-shutdown"}}';
  const run = async () => {
    const driver = bench.open();
    const { hardware } = await driver.create(bench.id, bench.create, signal());
    await driver.start(bench.id, { ...bench.start, layer: top, hardware }, signal());
    await driver.close();
  };

  test(
    "leaves the guest running on its old top, and no file",
    async () => {
      const before = [readdirSync(layers()), readdirSync(memories())];
      const reason = new Error("not wanted any more");
      const controller = new AbortController();
      const driver = wired(bench, (what) => {
        if (what === "migrate") controller.abort(reason);
        return false;
      });
      const freezing = driver.snapshots.freeze(bench.id, plan({ memory: "m-aborted" }), controller.signal);
      await expect(freezing).rejects.toBe(reason);
      await driver.close();
      expect(await status()).toBe("running");
      expect([readdirSync(layers()), readdirSync(memories())]).toEqual(before);
      expect(record().freezing).toBeUndefined();
    },
    2 * guestMs,
  );

  test(
    "after the switch is not undone: the memory is lost, and it says why",
    async () => {
      const given = plan({ memory: "m-lost" });
      const driver = wired(bench, (what) => what.endsWith("m-lost.img"));
      const frozen = await driver.snapshots.freeze(bench.id, given, signal());
      expect([frozen.consistency, frozen.memoryLost, frozen.kept]).toEqual(["crash", "the disk is gone", undefined]);
      expect(await driver.snapshots.freeze(bench.id, given, signal())).toEqual(frozen);
      await driver.close();
      top = given.next;
      expect(await status()).toBe("running");
      expect(readdirSync(memories()).filter((name) => name.startsWith("m-lost"))).toEqual([]);
    },
    2 * guestMs,
  );

  test(
    "after the switch goes on where QEMU is not ready to: the memory is whole, and the guest runs",
    async () => {
      const given = plan({ memory: "m-busy" });
      let refusals = 0;
      const driver = wired(bench, (what, { refuse }) => {
        if (what !== "cont" || refusals++ > 0) return false;
        refuse("Migration is not finalized yet");
        return true;
      });
      const { consistency, kept } = await driver.snapshots.freeze(bench.id, given, signal());
      top = given.next;
      expect([consistency, kept?.memory]).toEqual(["memory", "m-busy"]);
      if (kept) await driver.snapshots.check({ layer: given.layer, kept }, signal());
      await driver.close();
      expect([await status(), refusals]).toEqual(["running", 2]);
      expect(record().freezing).toBeUndefined();
    },
    2 * guestMs,
  );

  test(
    "after the switch is done, also where nothing can be noted any more",
    async () => {
      const given = plan();
      let notes = 0;
      const driver = wired(bench, (what) => {
        // The first one is before the switch.
        if (what === `write ${instance("disk.json")}` && ++notes > 1)
          throw Object.assign(new Error("no space"), { code: "ENOSPC" });
        return false;
      });
      expect(await driver.snapshots.freeze(bench.id, given, signal())).toMatchObject({ consistency: "quiet" });
      await driver.close();
      top = given.next;
      expect([notes, await status()]).toEqual([2, "running"]);
      expect(await again(given)).toMatchObject({ consistency: "crash" });
    },
    2 * guestMs,
  );

  test(
    "with QEMU killed after the switch stands on its new layer, and starts there",
    async () => {
      await guest("echo before >/root/killed; sync");
      const given = plan({ memory: "m-killed" });
      const driver = wired(bench, (what) => {
        if (what === "migrate-continue") process.kill(record().process.pid, "SIGKILL");
        return false;
      });
      const { consistency, memoryLost } = await driver.snapshots.freeze(bench.id, given, signal());
      top = given.next;
      expect([consistency, memoryLost]).toEqual(["crash", "it was not saved to its end"]);
      expect(await driver.inspect(bench.id)).toMatchObject({ power: "off" });
      await driver.close();
      await run();
      await guest("grep -q before /root/killed");
    },
    2 * guestMs,
  );

  test(
    "with a QEMU that says nothing after the switch is unknown, and done once it answers again",
    async () => {
      const given = plan({ memory: "m-silent" });
      const { pid } = record().process;
      // Once nothing can come any more, its patience passes faster.
      let speed = 1;
      const clock: Clock = {
        ...systemClock,
        sleep: (ms, given) => systemClock.sleep(ms / speed, given),
        after: (ms, work) => systemClock.after(ms / speed, work),
      };
      const driver = wired({ ...bench, options: { ...bench.options, clock } }, (what) => {
        if (what !== "migrate-continue") return false;
        process.kill(pid, "SIGSTOP");
        speed = 20;
        return false;
      });
      try {
        const freezing = driver.snapshots.freeze(bench.id, given, signal());
        await expect(freezing).rejects.toMatchObject({ code: "freeze-unknown" });
      } finally {
        process.kill(pid, "SIGCONT");
        await driver.close();
      }
      await again(given);
      expect(await status()).toBe("running");
    },
    4 * guestMs,
  );

  test(
    "a guest that powers itself off before the switch is frozen as one that is off",
    async () => {
      const given = plan({ memory: "m-ended" });
      const driver = wired(bench, (what, { hear }) => {
        if (what === "migrate") hear(ended);
        return false;
      });
      const { bytes: _, ...frozen } = await driver.snapshots.freeze(bench.id, given, signal());
      top = given.next;
      expect(frozen).toEqual({ consistency: "off", memoryLost: "the machine did not run" });
      expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "guest" });
      await driver.close();
    },
    2 * guestMs,
  );

  test(
    "one that does so after the switch is off, and its memory is not kept",
    async () => {
      await run();
      const given = plan({ memory: "m-late" });
      const driver = wired(bench, (what, { hear }) => {
        if (what === "migrate-continue") hear(ended);
        return false;
      });
      const { consistency, memoryLost } = await driver.snapshots.freeze(bench.id, given, signal());
      top = given.next;
      expect([consistency, memoryLost]).toEqual(["crash", "the guest ended meanwhile"]);
      expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "guest" });
      await driver.close();
      expect(readdirSync(memories()).filter((name) => name.startsWith("m-late"))).toEqual([]);
      await run();
    },
    2 * guestMs,
  );
});
