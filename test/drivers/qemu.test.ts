import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Driver, Happening } from "../../src/drivers/driver.ts";
import { createQemuDriver } from "../../src/drivers/qemu/index.ts";
import { openWay } from "../../src/drivers/qemu/access.ts";
import { probe } from "../../src/drivers/qemu/probe.ts";
import { describeDriver, until } from "./contract.ts";
import { describeSnapshots } from "./contract-snapshots.ts";
import { createQemuBench } from "./qemu-bench.ts";
import type { QemuBench } from "./qemu-bench.ts";

describeDriver("qemu", createQemuBench);
describeSnapshots("qemu", createQemuBench);

describe("qemu, beyond the contract", () => {
  let bench: QemuBench;
  let driver: Driver;
  const signal = () => AbortSignal.timeout(60_000);
  const instance = () => join(bench.options.dataDirectory, "instances", bench.id);
  beforeAll(async () => {
    bench = await createQemuBench();
    driver = bench.open();
    await driver.create(bench.id, bench.create, signal());
  });
  afterAll(async () => {
    await driver?.close();
    await bench?.close();
  });
  const start = async (options = bench.options) => {
    const other = createQemuDriver(options);
    const { hardware } = await other.create(bench.id, bench.create, signal());
    return other.start(bench.id, { ...bench.start, hardware }, signal()).finally(() => other.close());
  };
  const recorded = (record: object) => writeFileSync(join(instance(), "run.json"), JSON.stringify(record));
  const live = () => ({
    phase: "live",
    boot: "another boot",
    runtime: join(bench.options.runtimeDirectory, bench.id.slice(-12)),
    uid: 0,
    accelerator: "tcg",
    cpu: "Nehalem",
    build: "1",
    ssh: { host: "127.0.0.1", port: 1 },
  });

  test("the layer names its parent relative to itself, so that the data directory can be moved", () => {
    const layer = readFileSync(join(bench.options.dataDirectory, "layers", "layer-1.qcow2")).toString(
      "latin1",
      0,
      4096,
    );
    expect(layer).toContain(`../images/${bench.image.sha256}.qcow2`);
    expect(layer).not.toContain(bench.directory);
  });

  test("a run of an earlier boot of the host has ended with the host", async () => {
    recorded({ ...live(), process: { pid: process.pid, startTime: "1" } });
    expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "host" });
  });

  test("a copy of a data directory does not take the original's machines for its own, nor end them", async () => {
    const { pid } = await start();
    const original = JSON.parse(readFileSync(join(instance(), "run.json"), "utf8"));
    const copy = createQemuDriver({ ...bench.options, runtimeDirectory: join(bench.directory, "run2") });
    await copy.stop(bench.id, "forced", signal());
    expect(await copy.inspect(bench.id)).toEqual({ power: "off", cause: "lost" });
    await copy.close();
    recorded(original);
    expect(await driver.inspect(bench.id)).toMatchObject({ power: "running", started: { pid } });
    await driver.stop(bench.id, "forced", signal());
  });

  test("a process that only has the recorded pid is neither taken for the machine nor killed", async () => {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    recorded({ ...live(), boot, process: { pid: process.pid, startTime: "1" } });
    await driver.stop(bench.id, "forced", signal());
    expect(await driver.inspect(bench.id)).toMatchObject({ power: "off" });
  });

  test("a record that cannot be read is an error that names it, not a machine that is off", async () => {
    writeFileSync(join(instance(), "run.json"), "{");
    await expect(driver.inspect(bench.id)).rejects.toMatchObject({
      code: "record-damaged",
      message: expect.stringContaining("run.json"),
    });
    recorded({ phase: "ended", cause: "user" });
  });

  test("a QEMU that refuses its options is told with its own words, and leaves nothing behind", async () => {
    const { system, ...rest } = await bench.options.toolchain();
    const toolchain = async () => ({ ...rest, system: [...system, "-nonsense"] });
    const failure = await start({ ...bench.options, toolchain }).catch((error) => error);
    expect(failure).toMatchObject({
      code: "machine-not-started",
      message: expect.stringMatching(/-nonsense: invalid option/),
    });
    expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "crash" });
  });

  test("a runtime directory too long for a socket is refused before anything is made", async () => {
    const runtimeDirectory = join(bench.directory, "r".repeat(100));
    await expect(start({ ...bench.options, runtimeDirectory })).rejects.toMatchObject({ code: "socket-path-too-long" });
    expect(existsSync(runtimeDirectory)).toBe(false);
  });

  test("a lost disk is named and never replaced by an empty one", async () => {
    const { hardware } = await driver.create(bench.id, bench.create, signal());
    const plan = { ...bench.start, hardware, layer: "lost" };
    await expect(driver.start(bench.id, plan, signal())).rejects.toMatchObject({ code: "disk-missing" });
    expect(existsSync(join(bench.options.dataDirectory, "layers", "lost.qcow2"))).toBe(false);
  });

  test("a guest that ignores the power button runs on when the waiting is given up, and is not on record as stopped by us", async () => {
    const started = await start();
    await driver.inspect(bench.id);
    await expect(driver.stop(bench.id, "graceful", AbortSignal.timeout(300))).rejects.toBeDefined();
    expect(await driver.inspect(bench.id)).toEqual({ power: "running", started });
    await bench.crash(started);
    await Bun.sleep(0);
    expect(await settled(driver, bench.id)).toEqual({ power: "off", cause: "crash" });
  });

  test("a QEMU that hangs is asked once, then nothing more, and its power is cut all the same", async () => {
    const { pid } = await start();
    const asked: string[] = [];
    const { sockets } = bench.options;
    const connect: typeof sockets.connect = async (...target) => {
      const socket = await sockets.connect(...target);
      const write: typeof socket.write = (bytes) => {
        asked.push(JSON.parse(String(bytes)).execute);
        socket.write(bytes);
      };
      return { ...socket, write };
    };
    const hearing = createQemuDriver({ ...bench.options, sockets: { connect } });
    await hearing.inspect(bench.id);
    process.kill(pid ?? 0, "SIGSTOP");
    asked.length = 0;
    expect(await hearing.inspect(bench.id)).toMatchObject({ power: "running", started: { pid } });
    await hearing.stop(bench.id, "forced", signal());
    expect(asked).toEqual(["query-status"]);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    await hearing.close();
  });

  test("a machine that the host asks to end, as at its shutdown, has ended with the host", async () => {
    const { pid } = await start();
    const happenings: Happening[] = [];
    driver.watch((_, happening) => happenings.push(happening));
    await driver.inspect(bench.id);
    process.kill(pid ?? 0, "SIGTERM");
    expect(await settled(driver, bench.id)).toEqual({ power: "off", cause: "host" });
    await until(() => happenings.length > 0);
    expect(happenings).toEqual([{ kind: "ended", cause: "host" }]);
  });

  test("a process that was started and not written down is found, and is the machine", async () => {
    const started = await start();
    const record = JSON.parse(readFileSync(join(instance(), "run.json"), "utf8"));
    recorded({ ...record, process: undefined, ssh: undefined });
    expect(await driver.inspect(bench.id)).toEqual({ power: "running", started });
    await driver.stop(bench.id, "forced", signal());
  });

  describe("saved memory", () => {
    const record = () => JSON.parse(readFileSync(join(instance(), "run.json"), "utf8"));
    const resume = async (options = bench.options) => {
      const other = createQemuDriver(options);
      const { hardware } = await other.create(bench.id, bench.create, signal());
      const plan = { ...bench.start, hardware, resumes: true };
      return other.start(bench.id, plan, signal()).finally(() => other.close());
    };
    beforeAll(async () => {
      await start();
      await driver.suspend(bench.id, signal());
    });

    test("of another build is not loaded, and stays", async () => {
      const toolchain = async () => ({ ...(await bench.options.toolchain()), build: "another" });
      await expect(resume({ ...bench.options, toolchain })).rejects.toMatchObject({ code: "memory-foreign" });
      expect(await driver.inspect(bench.id)).toMatchObject({ power: "suspended" });
    });

    test("stays when QEMU does not load it", async () => {
      const path = join(instance(), "memory.img");
      const whole = readFileSync(path);
      writeFileSync(path, Buffer.concat([Buffer.alloc(4096, 1), whole.subarray(4096)]));
      await expect(resume()).rejects.toMatchObject({ code: expect.stringMatching(/memory-not-moved|qmp-closed/) });
      expect(await driver.inspect(bench.id)).toMatchObject({ power: "suspended" });
      writeFileSync(path, whole);
    });

    test("is what there is when a daemon died while it was loaded: the process is ended", async () => {
      const saved = record();
      const { pid } = await resume();
      const running = record();
      // As it was written before the guest's first instruction.
      recorded({ ...running, loading: saved });
      writeFileSync(join(instance(), "memory.img"), Buffer.alloc(saved.memoryBytes));
      expect(await driver.inspect(bench.id)).toMatchObject({ power: "suspended", memoryBytes: saved.memoryBytes });
      expect(existsSync(`/proc/${pid}`)).toBe(false);
    });

    test("outlasts a boot of the host, and what has its process's pid is left alone", async () => {
      const saved = record();
      const other = Bun.spawn(["sleep", "60"]);
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      try {
        for (const then of ["another boot", boot]) {
          recorded({ ...saved, process: { pid: other.pid, startTime: "1" }, boot: then });
          expect(await driver.inspect(bench.id)).toMatchObject({ power: "suspended", memoryBytes: saved.memoryBytes });
        }
        expect(existsSync(`/proc/${other.pid}/fd/0`)).toBe(true);
      } finally {
        other.kill("SIGKILL");
        await other.exited;
        recorded(saved);
      }
    });

    test("that is gone is a machine that is off, and lost what it did", async () => {
      rmSync(join(instance(), "memory.img"));
      expect(await driver.inspect(bench.id)).toEqual({ power: "off", cause: "lost" });
    });
  });

  test.if(process.getuid?.() === 0)(
    "a root daemon's machine has an account of its own, no group, and nothing but its own files",
    async () => {
      const { pid } = await start();
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      expect(status).toMatch(/^Uid:\t720001\t720001\t720001\t720001$/m);
      expect(status).toMatch(/^Groups:\s*$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1\nSeccomp:\t2$/m);
      expect(statSync(bench.options.dataDirectory).mode & 0o777).toBe(0o711);
      for (const name of ["run.json", "hardware.json"])
        expect(statSync(join(instance(), name))).toMatchObject({ uid: 0, mode: 0o100600 });
      for (const path of [join(instance(), "seed.iso"), join(bench.options.dataDirectory, "layers/layer-1.qcow2")])
        expect(statSync(path)).toMatchObject({ uid: 720_001, mode: 0o100600 });
      await driver.stop(bench.id, "forced", signal());
    },
  );

  describe("images", () => {
    const image = (name: string) => join(bench.directory, "data", name);
    const inspect = (name: string) => driver.images.inspect(image(name), signal());

    test("the base image is what qemu-img says it is", async () => {
      expect(await driver.images.inspect(bench.image.path, signal())).toEqual({
        format: "qcow2",
        virtualSize: 2 ** 30,
      });
    });

    test("one that leans on another file is refused", async () => {
      await Bun.$`qemu-img create -q -f qcow2 -F qcow2 -b ${bench.image.path} ${image("leaning")}`;
      await Bun.$`qemu-img create -q -f qcow2 -o data_file=${image("outside.raw")},data_file_raw=on ${image("outside")} 1M`;
      for (const name of ["leaning", "outside"])
        await expect(inspect(name)).rejects.toMatchObject({
          code: "image-invalid",
          message: expect.stringContaining("needs another file"),
        });
    });

    test("one that is cut off behind its header is refused by qemu-img", async () => {
      await Bun.$`qemu-img create -q -f qcow2 ${image("cut")} 1G`;
      truncateSync(image("cut"), 4096);
      await expect(inspect("cut")).rejects.toMatchObject({ code: "image-invalid" });
    });

    test("a folder, a text and nothing at all are no images", async () => {
      mkdirSync(image("folder"));
      writeFileSync(image("text"), "#!/bin/sh\n".repeat(1000));
      for (const name of ["folder", "text", "none"])
        await expect(inspect(name)).rejects.toMatchObject({ code: "image-invalid" });
    });
  });

  test("the probe's boot sector ends QEMU in time under an accelerator that works, and not under one that does not exist", async () => {
    const toolchain = await bench.options.toolchain();
    const plan = { toolchain, diskPath: join(bench.directory, "probe.img"), account: undefined, passage: openWay };
    expect(await probe(bench.options, { ...plan, accelerator: "tcg" }, signal())).toBe(true);
    expect(await probe(bench.options, { ...plan, accelerator: "hvf" }, signal())).toBe(false);
    expect(existsSync(plan.diskPath)).toBe(false);
  });
});

/** What is found once the machine is no longer seen running. */
async function settled(driver: Driver, id: string) {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const seen = await driver.inspect(id);
    if (seen.power !== "running" || performance.now() > deadline) return seen;
  }
}
