/** The yardstick of snapshots with memory: QEMU's own migration to a file, driven over QMP as a person would script it. */
import { cpSync, fsyncSync, mkdtempSync, openSync, closeSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { connectQmp, type Qmp } from "../../src/drivers/qemu/qmp.ts";
import { systemClock } from "../../src/sys/clock.ts";
import { systemFiles } from "../../src/sys/files.ts";
import { systemSockets } from "../../src/sys/socket.ts";
import { binary } from "../e2e/harness.ts";
import { firstLogin, type Machine, machineIn, ourArguments, run, writeSeed } from "./by-hand.ts";

const memory = 512 * 2 ** 20;
const answerMs = 20_000;
const pollMs = 5;

export interface MemoryByHand {
  /** Memory to a synced file and a new disk layer, and the guest runs on. */
  save(): Promise<void>;
  /** Another process with that memory, up to its first login. */
  load(): Promise<void>;
  close(): Promise<void>;
}

/** A tiny guest of 512 MiB, booted and let in. */
export async function createMemoryByHand(limitMs: number): Promise<MemoryByHand> {
  const directory = mkdtempSync(join(tmpdir(), "strata-bench-"));
  const base = join(directory, "base.qcow2");
  cpSync(join(dirname(binary), "images/tiny.qcow2"), base);
  const keyFile = join(directory, "key");
  let machine: Machine = machineIn(directory, memory);
  writeSeed(machine, keyFile);
  await run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", machine.disk]);
  let child = spawn(machine);
  let layers = 0;
  /** Each save has its own, as each point does. */
  const file = () => join(directory, `memory${layers}`);
  await firstLogin(keyFile, limitMs);
  const connect = () => {
    const handlers = { event: () => {}, closed: () => {} };
    const ports = { sockets: systemSockets, clock: systemClock };
    return retry(() => connectQmp(ports, { path: machine.qmp }, handlers, AbortSignal.timeout(answerMs), answerMs));
  };
  return {
    async save() {
      const qmp = await connect();
      await qmp.execute("migrate-set-parameters", { "max-bandwidth": 2 ** 50 });
      const next = join(directory, `layer${++layers}.qcow2`);
      const target = await systemFiles.open(file(), "create", 0o600);
      await qmp.pass("memory", target);
      // The emulation before 9.0 loses writes while it copies memory: a guest that goes on from such a copy may answer nobody.
      await qmp.execute("stop");
      await qmp.execute("migrate", { uri: "fd:memory" });
      await migrated(qmp);
      await target.close();
      const frozen = { format: "qcow2" as const, file: machine.disk };
      // Its disk is let go of until it runs again.
      await qmp.execute("cont");
      await qmp.execute("blockdev-snapshot-sync", {
        "node-name": machine.node,
        "snapshot-file": next,
        format: "qcow2",
        "snapshot-node-name": `top${layers}`,
      });
      machine = { ...machine, disk: next, node: `top${layers}`, backing: [frozen, ...machine.backing] };
      const descriptor = openSync(file(), "r");
      fsyncSync(descriptor);
      closeSync(descriptor);
      qmp.close();
    },
    async load() {
      child.kill("SIGKILL");
      await child.exited;
      child = spawn({ ...machine, isIncoming: true });
      const qmp = await connect();
      const source = await systemFiles.open(file(), "read");
      await qmp.pass("memory", source);
      await qmp.execute("migrate-incoming", { uri: "fd:memory" });
      await migrated(qmp);
      await source.close();
      await qmp.execute("cont");
      qmp.close();
      await firstLogin(keyFile, limitMs);
    },
    async close() {
      child.kill("SIGKILL");
      await child.exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const spawn = (machine: Machine) =>
  Bun.spawn(["qemu-system-x86_64", ...ourArguments(machine)], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });

async function migrated(qmp: Qmp): Promise<void> {
  const deadline = performance.now() + answerMs;
  for (;;) {
    const { status } = (await qmp.execute("query-migrate")) as { status?: string };
    if (status === "completed") return;
    if (status === "failed" || performance.now() > deadline) throw new Error(`QEMU's migration is ${status}`);
    await Bun.sleep(pollMs);
  }
}

/** The socket may not be there yet. */
async function retry<Value>(work: () => Promise<Value>): Promise<Value> {
  const deadline = performance.now() + answerMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await Bun.sleep(pollMs);
    }
  }
}
