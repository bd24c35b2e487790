/** The yardstick of a launch: an image started by hand with an equal seed, and OpenSSH knocking until it is let in. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { qemuArguments } from "../../src/drivers/qemu/args.ts";
import { makeKeyPair } from "../../src/guest/keys.ts";
import { makeSeed } from "../../src/guest/seed.ts";
import { defaultSpecs } from "../../src/model/instance.ts";
import { binary } from "../e2e/harness.ts";

const port = 22_022;
const knockPauseMs = 20;

/** Both sides of a pair are started this way, so that what starting costs is the same. */
export const run = async (words: readonly string[], env: Record<string, string | undefined> = process.env) => {
  const child = Bun.spawn([...words], { env, stdin: "ignore", stdout: "ignore", stderr: "ignore" });
  return child.exited;
};

export const sshOptions = [
  "StrictHostKeyChecking=no",
  "UserKnownHostsFile=/dev/null",
  "ConnectTimeout=2",
  "BatchMode=yes",
].flatMap((option) => ["-o", option]);

/** A whole OpenSSH client: connect, key exchange, login, one command. */
export const freshSsh = (keyFile: string, at: number, command = "true") =>
  run(["ssh", ...sshOptions, "-i", keyFile, "-p", String(at), "ubuntu@127.0.0.1", command]);

export interface ByHand {
  /** From nothing to the first login. Rejects when the guest lets nobody in within `limitMs`. */
  launch(limitMs: number): Promise<void>;
  /** From the first login until cloud-init has ended, well or not. */
  provisioned(): Promise<void>;
  /** Cuts the power and throws the disk away. */
  stop(): Promise<void>;
  close(): void;
}

/**
 * How its QEMU is started: with the very arguments that ours gets, or with those that a person types. The latter is a CPU that
 * distributions take (`max` does not boot a Debian under TCG), two virtio disks and a user-mode network.
 */
export type Arguments = "ours" | "plain";

/** The image `NAME.qcow2` of the folder beside the binary, with `memory` bytes and the default disk. */
export function createByHand(image: string, memory: number, style: Arguments = "ours"): ByHand {
  const directory = mkdtempSync(join(tmpdir(), "strata-bench-"));
  const base = join(directory, "base.qcow2");
  cpSync(join(dirname(binary), `images/${image}.qcow2`), base);
  const keyFile = join(directory, "key");
  const machine = machineIn(directory, memory);
  const words = style === "plain" ? plainArguments(machine) : ourArguments(machine);
  writeSeed(machine, keyFile);
  let child: Bun.Subprocess | undefined;
  return {
    async launch(limitMs) {
      const create = ["qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2"];
      await run([...create, machine.disk, String(defaultSpecs.disk)]);
      child = Bun.spawn(["qemu-system-x86_64", ...words], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
      await firstLogin(keyFile, limitMs);
    },
    async provisioned() {
      await freshSsh(keyFile, port, "cloud-init status --wait");
    },
    async stop() {
      child?.kill("SIGKILL");
      await child?.exited;
      rmSync(machine.disk, { force: true });
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Knocks until somebody is let in. Rejects after `limitMs`. */
export async function firstLogin(keyFile: string, limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  while ((await freshSsh(keyFile, port)) !== 0) {
    if (performance.now() > deadline) throw new Error(`no login by hand within ${limitMs / 1000} s`);
    await Bun.sleep(knockPauseMs);
  }
}

export type Machine = Parameters<typeof qemuArguments>[0];

export const ourArguments = (machine: Machine): string[] =>
  qemuArguments(machine).map((word) => word.replace("127.0.0.1:0-", `127.0.0.1:${port}-`));

const plainArguments = ({ specs, disk, seed, mac }: Machine): string[] =>
  [
    ["-machine", "q35", "-accel", "tcg", "-cpu", "Nehalem", "-smp", String(specs.cpus)],
    ["-m", String(specs.memory / 2 ** 20), "-display", "none"],
    ["-drive", `file=${disk},if=virtio,format=qcow2`, "-drive", `file=${seed},if=virtio,format=raw,readonly=on`],
    ["-nic", `user,model=virtio-net-pci,mac=${mac},hostfwd=tcp:127.0.0.1:${port}-:22`],
  ].flat();

export function machineIn(directory: string, memory: number): Machine {
  return {
    id: "0198f2a0-0000-7000-8000-00000000be9c",
    platform: "linux",
    accelerator: "tcg",
    hardware: { driver: "qemu", layout: 1, machine: "pc-q35-7.2", architecture: "x86_64" },
    specs: { ...defaultSpecs, memory },
    mac: "52:54:00:00:be:9c",
    address: "10.77.0.2",
    disk: join(directory, "disk.qcow2"),
    node: "disk",
    backing: [{ format: "qcow2", file: join(directory, "base.qcow2") }],
    seed: join(directory, "seed.iso"),
    qmp: join(directory, "qmp"),
    agent: join(directory, "agent"),
  };
}

export function writeSeed(machine: Machine, keyFile: string): void {
  const key = makeKeyPair("bench");
  writeFileSync(keyFile, key.privateKey, { mode: 0o600 });
  const seed = makeSeed({
    instanceId: machine.id,
    hostname: "hand",
    mac: machine.mac,
    user: "ubuntu",
    authorizedKey: key.publicKey,
    hostKey: makeKeyPair("host"),
  });
  writeFileSync(machine.seed, seed);
}
