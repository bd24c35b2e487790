/** Chooses the QEMU to use: the carried one, the system's, or one that a setting names. */
import { UserError } from "../../errors.ts";
import type { Host } from "../../sys/host.ts";
import { findProgram } from "../../sys/program-path.ts";
import type { Files } from "../../sys/files.ts";
import type { Processes } from "../../sys/process.ts";
import { carriedQemu, carriedToolchain, isUnpacked } from "./carried.ts";
import type { CarriedQemu } from "./carried.ts";
import type { DiskTools, Toolchain } from "./toolchain.ts";

export interface LocatePorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly host: Host;
  /** What to execute to run strata again. */
  readonly program: readonly string[];
  /** PATH of the daemon. */
  readonly searchPath: string;
  /** Where the carried QEMU is unpacked: absolute, made when missing; other accounts must be able to pass through its parents. */
  readonly unpackDirectory: string;
}

/** First words of the helper process; see `runUnpackHelper`. */
export const unpackWords = ["helper", "unpack-qemu"] as const;
/** Measured: 0.5 s; a slow disk may need a hundred times that. */
const unpackLimits = { timeoutMs: 60_000, outputBytesMax: 64 * 2 ** 10 };
const versionLimits = { timeoutMs: 10_000, outputBytesMax: 64 * 2 ** 10 };
const defaultSearchPath = "/usr/local/bin:/usr/bin:/bin";
/** Where programs for file systems are, which are in few people's PATH. */
const administration = "/usr/local/sbin:/usr/sbin:/sbin";

/**
 * `choice` is the setting `driver.qemu`: `carried`, `system`, or the absolute path of an emulator, whose `qemu-img` is
 * looked for beside it first. An executable that carries none uses the system's. Throws `driver-unavailable`.
 */
export async function locateQemu(
  choice: string,
  ports: LocatePorts,
  carried: CarriedQemu | undefined = carriedQemu(),
): Promise<Toolchain> {
  if (choice === "carried" && carried !== undefined) return unpacked(carried, ports);
  return choice.startsWith("/") ? named(choice, ports) : system(ports);
}

/** The same answer for every call with one choice, which is asked for each time; a failure is not kept, because its cause may be gone the next time. */
export function rememberQemu(choice: () => string, ports: LocatePorts): () => Promise<Toolchain> {
  const known = new Map<string, Promise<Toolchain>>();
  return () => {
    const chosen = choice();
    const found = known.get(chosen) ?? locateQemu(chosen, ports);
    known.set(chosen, found);
    found.catch(() => known.delete(chosen));
    return found;
  };
}

/** Unpacking touches 70 MB; a process of its own gives that memory back, the daemon would keep it. */
export async function unpacked(carried: CarriedQemu, ports: LocatePorts): Promise<Toolchain> {
  const { files, processes, program, unpackDirectory } = ports;
  if (!(await isUnpacked(carried, unpackDirectory, files))) {
    const signal = AbortSignal.timeout(unpackLimits.timeoutMs);
    const ran = await processes.run([...program, ...unpackWords, unpackDirectory], {
      ...unpackLimits,
      env: {},
      signal,
    });
    if (ran.exitCode !== 0) throw notUnpacked(ran.stderr);
  }
  return carriedToolchain(carried, unpackDirectory);
}

/** The helper prints what `unpackCarried` threw: a sentence, then its hint if it has one. */
function notUnpacked(said: string): UserError {
  const [sentence = "", next] = said.trim().split("\n");
  const message = sentence === "" ? "the carried QEMU could not be unpacked in time" : sentence;
  return new UserError("qemu-not-unpacked", message, { hints: next === undefined ? [] : [["next", next]] });
}

function system(ports: LocatePorts): Promise<Toolchain> {
  const architecture = ports.host.platform === "darwin" ? ports.host.architecture : "x86_64";
  const name = `qemu-system-${architecture}`;
  const emulator = findProgram(name, ports.searchPath || defaultSearchPath);
  if (emulator === undefined) throw missing(name);
  return named(emulator, ports);
}

async function named(emulator: string, ports: LocatePorts): Promise<Toolchain> {
  const folder = emulator.slice(0, emulator.lastIndexOf("/"));
  const img = findProgram("qemu-img", [folder, ports.searchPath || defaultSearchPath].join(":"));
  if (img === undefined) throw missing("qemu-img");
  const env = { PATH: defaultSearchPath, LC_ALL: "C" };
  const limits = { ...versionLimits, env, signal: AbortSignal.timeout(versionLimits.timeoutMs) };
  const { exitCode, stdout } = await ports.processes
    .run([emulator, "--version"], limits)
    .catch(() => ({ exitCode: undefined, stdout: "" }));
  const version = /^QEMU emulator version (.*)/.exec(stdout)?.[1]?.trim();
  if (exitCode !== 0 || version === undefined) {
    throw new UserError("driver-unavailable", `${emulator} is not an emulator that runs here`, {
      hints: [["next", "strata set driver.qemu=carried"]],
    });
  }
  const disks = diskTools([folder, ports.searchPath || defaultSearchPath, administration].join(":"));
  return { system: [emulator], img: [img], ...(disks && { disks }), env, build: `${version} (${emulator})` };
}

function diskTools(searchPath: string): DiskTools | undefined {
  const [nbd, debugfs, e2fsck] = ["qemu-nbd", "debugfs", "e2fsck"].map((name) => findProgram(name, searchPath));
  if (nbd === undefined || debugfs === undefined || e2fsck === undefined) return undefined;
  return { nbd: [nbd], debugfs: [debugfs], e2fsck: [e2fsck], isServed: false };
}

const missing = (name: string) =>
  new UserError("driver-unavailable", `${name} is not installed`, {
    hints: [
      ["next", "sudo apt-get install qemu-system-x86 qemu-utils"],
      ["or", "strata set driver.qemu=carried"],
    ],
  });
