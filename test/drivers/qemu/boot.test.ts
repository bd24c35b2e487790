/** How a machine's process is started: in a scope of its own where the account has a service manager, never under another account. */
import { afterEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bootMachine } from "../../../src/drivers/qemu/boot.ts";
import type { QemuContext } from "../../../src/drivers/qemu/context.ts";
import { machinePaths } from "../../../src/drivers/qemu/paths.ts";
import type { StartOptions } from "../../../src/sys/process.ts";
import { systemFiles } from "../../../src/sys/files.ts";

const id = "019a0000-0000-7000-8000-000000000001";
let directory = "";
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function started(uid: number) {
  directory = mkdtempSync(join(tmpdir(), "strata-boot-"));
  mkdirSync(join(directory, "layers"));
  mkdirSync(join(directory, "instances", id), { recursive: true });
  writeFileSync(join(directory, "layers/l-1.qcow2"), "");
  const spawned: { argv: readonly string[]; env: StartOptions["env"] }[] = [];
  const context = {
    dataDirectory: directory,
    runtimeDirectory: join(directory, "run"),
    toolchain: async () => ({ system: ["qemu"], img: [], env: { LC_ALL: "C" }, build: "b" }),
    acceleration: async () => ({ accelerator: "tcg", build: "b" }),
    bootId: async () => "boot",
    host: { platform: "linux", architecture: "x86_64", memory: 2 ** 34, processors: 2, uid, user: "user" },
    files: { ...systemFiles, changeOwner: async () => {} },
    processes: {
      spawnDetached: (argv: readonly string[], { env }: StartOptions) => {
        spawned.push({ argv, env });
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
