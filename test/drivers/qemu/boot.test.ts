/** How a machine's process is started: in a scope of its own where the account has a service manager, never under another account. */
import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootMachine } from "../../../src/drivers/qemu/boot.ts";
import { readChain } from "../../../src/drivers/qemu/chain.ts";
import type { QemuContext } from "../../../src/drivers/qemu/context.ts";
import { machinePaths } from "../../../src/drivers/qemu/paths.ts";
import type { StartOptions } from "../../../src/sys/process.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { putLayer } from "./layer-file.ts";

const id = "019a0000-0000-7000-8000-000000000001";
let directory = "";
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function started(uid: number, parent?: string) {
  directory = mkdtempSync(join(tmpdir(), "strata-boot-"));
  mkdirSync(join(directory, "instances", id), { recursive: true });
  putLayer(directory, "l-1", parent === undefined ? undefined : `${parent}.qcow2`, "top");
  if (parent !== undefined) {
    putLayer(directory, parent);
    const note = { tops: [{ layer: "l-1", parent }] };
    writeFileSync(join(directory, "instances", id, "disk.json"), JSON.stringify(note));
  }
  const spawned: { argv: readonly string[]; env: StartOptions["env"]; files: StartOptions["files"] }[] = [];
  const context = {
    dataDirectory: directory,
    runtimeDirectory: join(directory, "run"),
    toolchain: async () => ({ system: ["qemu"], img: [], env: { LC_ALL: "C" }, build: "b" }),
    acceleration: async () => ({ accelerator: "tcg", build: "b" }),
    bootId: async () => "boot",
    host: { platform: "linux", architecture: "x86_64", memory: 2 ** 34, processors: 2, uid, user: "user" },
    files: { ...systemFiles, changeOwner: async () => {} },
    processes: {
      spawnDetached: (argv: readonly string[], { env, files }: StartOptions) => {
        spawned.push({ argv, env, files });
        return { pid: 1, startTime: "1" };
      },
    },
    scope: () => ({ words: ["systemd-run", "--"], env: { XDG_RUNTIME_DIR: "/run/user/1000" } }),
  } as unknown as QemuContext;
  const plan = {
    layer: "l-1",
    specs: { cpus: 1, memory: 2 ** 28, disk: 2 ** 30 },
    hardware: { driver: "qemu", architecture: "x86_64", machine: "pc-q35-7.2", layout: 1 },
    ordinal: 1,
    mac: "52:54:00:00:00:01",
    address: "10.77.0.2",
    seed: new Uint8Array(),
  };
  const paths = machinePaths(directory, context.runtimeDirectory, id);
  await bootMachine(context, paths, id, plan, new AbortController().signal);
  return spawned[0];
}

test("a user's machine is started in a scope, which is told where the manager is", async () => {
  const spawned = await started(1000);
  expect(spawned?.argv.slice(0, 3)).toEqual(["systemd-run", "--", "qemu"]);
  expect(spawned?.env).toMatchObject({ LC_ALL: "C", XDG_RUNTIME_DIR: "/run/user/1000" });
});

test("root's machine, which runs under an account of its own, is not", async () => {
  expect((await started(0))?.argv[0]).toBe("qemu");
});

test("root's machine gets the frozen layers below its disk handed over open", async () => {
  const ofRoot = await started(0, "l-0");
  const frozen = join(directory, "layers/l-0.qcow2");
  expect(ofRoot?.files).toEqual([frozen]);
  expect(ofRoot?.argv.find((word) => word.startsWith("fd="))).toMatch(/^fd=(\d),set=\1$/);
  expect(ofRoot?.argv.join(" ")).not.toContain("l-0.qcow2");
});

test("a user's machine opens the frozen layers below its disk by itself", async () => {
  const ofUser = await started(1000, "l-0");
  expect(ofUser?.files).toEqual([]);
  expect(ofUser?.argv.join(" ")).toContain("layers/l-0.qcow2");
});

test("a disk that says that it stands on another layer than the one on record is not started", async () => {
  directory = mkdtempSync(join(tmpdir(), "strata-boot-"));
  putLayer(directory, "l-0");
  putLayer(directory, "l-1", "l-0.qcow2", "top");
  const ports = { files: systemFiles, dataDirectory: directory };
  for (const known of [undefined, "l-2"])
    await expect(readChain(ports, "l-1", known)).rejects.toMatchObject({ code: "layer-damaged" });
  expect((await readChain(ports, "l-1", "l-0")).map(({ path }) => path.slice(directory.length))).toEqual([
    "/layers/l-0.qcow2",
    "/images/i.raw",
  ]);
});
