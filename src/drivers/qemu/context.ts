/** What every part of the QEMU driver is handed: the ports, the folders, and the answers that hold for the whole host. */
import { UserError } from "../../errors.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Files } from "../../sys/files.ts";
import type { Host } from "../../sys/host.ts";
import type { Processes } from "../../sys/process.ts";
import type { Scope } from "../../sys/scope.ts";
import type { Sockets } from "../../sys/socket.ts";
import type { HostReport } from "../driver.ts";
import type { FileServer } from "../mounts.ts";
import { openPassage, openWay, toolAccount } from "./access.ts";
import { chooseOnLinux, oncePerBoot, readKvmFacts } from "./acceleration.ts";
import type { AcceleratorSetting } from "./acceleration.ts";
import { newestMachine } from "./hardware.ts";
import type { QemuHardware } from "./hardware.ts";
import { probe } from "./probe.ts";
import type { Toolchain } from "./toolchain.ts";
import { createTurns } from "../../sys/turns.ts";
import type { Turns } from "../../sys/turns.ts";

export interface QemuOptions {
  /** Absolute, without a closing slash; holds images, layers and instances. */
  readonly dataDirectory: string;
  /** Absolute and short; holds the sockets, and may vanish with the host. */
  readonly runtimeDirectory: string;
  readonly toolchain: () => Promise<Toolchain>;
  /** For folders of the host in machines; absent where those cannot be. Rejects with `mount-unsupported` where none is found. */
  readonly fileServer?: () => Promise<FileServer>;
  /** Asked for at each start, so that a change of the setting counts at once. */
  readonly accelerator: () => AcceleratorSetting;
  /** What machines of our own account are started in, so that they outlive our session; absent: nothing. */
  readonly scope?: () => Scope;
  readonly host: Host;
  readonly files: Files;
  readonly processes: Processes;
  readonly sockets: Sockets;
  readonly clock: Clock;
}

/** How machines are run on this host; `group` is the one they need for /dev/kvm when the daemon is root. */
export type Acceleration = Omit<HostReport, "accelerator"> & {
  readonly accelerator: "kvm" | "hvf" | "tcg";
  readonly group?: number;
};

export interface QemuContext extends QemuOptions {
  /** Changes with each boot of the host. */
  bootId(): Promise<string>;
  acceleration(signal: AbortSignal): Promise<Acceleration>;
  /** Layers are made and discarded one at a time, so that nothing is discarded that another is about to stand on. */
  readonly layerTurns: Turns;
  /** The hardware that a new instance gets. */
  newestHardware(signal: AbortSignal): Promise<QemuHardware>;
}

const helpLimits = { timeoutMs: 10_000, outputBytesMax: 256 * 2 ** 10 };

export function createContext(options: QemuOptions): QemuContext {
  const { host, files } = options;
  const known = new Map<string, Promise<Acceleration>>();

  const bootId = async () => {
    if (host.platform === "linux")
      return Buffer.from(await files.read("/proc/sys/kernel/random/boot_id"))
        .toString()
        .trim();
    return textOf(
      options,
      ["/usr/sbin/sysctl", "-n", "kern.bootsessionuuid"],
      AbortSignal.timeout(helpLimits.timeoutMs),
    );
  };

  const acceleration = async (signal: AbortSignal) => {
    const { build } = await options.toolchain();
    const key = `${options.accelerator()} ${build}`;
    const found =
      known.get(key) ?? (host.platform === "linux" ? onLinux(options, bootId, signal) : onDarwin(options, signal));
    known.set(key, found);
    // A failure is not kept: the cause may be gone the next time.
    found.catch(() => known.delete(key));
    return { ...(await found), build };
  };

  const newestHardware = async (signal: AbortSignal): Promise<QemuHardware> => {
    const { system, env, build } = await options.toolchain();
    const architecture = host.platform === "darwin" ? host.architecture : "x86_64";
    const machine = newestMachine(await textOf(options, [...system, "-machine", "help"], signal, env), architecture);
    if (machine === undefined)
      throw new UserError("driver-unavailable", `QEMU ${build} has no machine type for ${architecture}`);
    return { driver: "qemu", architecture, machine, layout: 1 };
  };
  return { ...options, bootId, acceleration, layerTurns: createTurns(), newestHardware };
}

async function onLinux(
  options: QemuOptions,
  bootId: () => Promise<string>,
  signal: AbortSignal,
): Promise<Acceleration> {
  const { files, host, dataDirectory, runtimeDirectory } = options;
  const toolchain = await options.toolchain();
  const facts = await readKvmFacts(files, host, options.accelerator());
  const isFast = async () => {
    const key = { boot: await bootId(), build: toolchain.build };
    const account = toolAccount(host.uid, facts.group);
    const roots = [dataDirectory, runtimeDirectory];
    await files.makeDirectory(runtimeDirectory, 0o700);
    const passage = account ? await openPassage(files, host.platform, roots, roots) : openWay;
    const plan = {
      toolchain,
      accelerator: "kvm",
      diskPath: `${runtimeDirectory}/probe.img`,
      account,
      passage,
    } as const;
    return oncePerBoot(files, `${dataDirectory}/kvm-probe.json`, key, () => probe(options, plan, signal));
  };
  const choice = await chooseOnLinux(facts, isFast);
  const group = choice.accelerator === "kvm" && facts.group !== undefined ? { group: facts.group } : {};
  return { ...choice, ...group, build: toolchain.build };
}

/** From documentation, not run: Hypervisor.framework says itself whether it is there. */
async function onDarwin(options: QemuOptions, signal: AbortSignal): Promise<Acceleration> {
  const { build } = await options.toolchain();
  const hasFramework = (await textOf(options, ["/usr/sbin/sysctl", "-n", "kern.hv_support"], signal)) === "1";
  return { accelerator: hasFramework && options.accelerator() !== "tcg" ? "hvf" : "tcg", build };
}

async function textOf(
  { processes }: QemuOptions,
  argv: string[],
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await processes.run(argv, { ...helpLimits, env, signal });
  if (exitCode === 0) return stdout.trim();
  throw new UserError("driver-unavailable", `${argv[0]} does not run: ${stderr.trim().split("\n").at(-1)}`);
}
