/** Brings a machine's process up: checks, files with the right owner, the record, the spawn. */
import { UserError } from "../../errors.ts";
import type { Specs } from "../../model/instance.ts";
import { formatSize } from "../../model/size.ts";
import type { Host } from "../../sys/host.ts";
import type { ProcessIdentity } from "../../sys/process-facts.ts";
import type { Account } from "../../sys/process.ts";
import type { StartPlan } from "../driver.ts";
import { confine, firstDescriptor, machineAccount, openPassage, openWay } from "./access.ts";
import type { Passage } from "./access.ts";
import { cpuModel, qemuArguments } from "./args.ts";
import type { Backing } from "./args.ts";
import { readChain } from "./chain.ts";
import type { Link } from "./chain.ts";
import type { QemuContext } from "./context.ts";
import { parentOf, readDiskNote } from "./disk-note.ts";
import { parseHardware } from "./hardware.ts";
import { removeIfThere } from "./layers.ts";
import { nodeOf } from "./paths.ts";
import type { MachinePaths } from "./paths.ts";
import { writeRun } from "./run-record.ts";
import type { LiveRecord, SuspendedRecord } from "./run-record.ts";
import { hasVhost } from "./taps.ts";
import { checkWritable } from "./tops.ts";

export interface Booted {
  readonly record: LiveRecord;
  readonly identity: ProcessIdentity;
}

/** Throws `memory-too-large` when the host has less memory than the machine would get. */
export function checkMemory(specs: Specs, host: Host): void {
  if (specs.memory <= host.memory) return;
  throw new UserError(
    "memory-too-large",
    `the instance wants ${formatSize(specs.memory)} of memory, the host has ${formatSize(host.memory)}`,
  );
}

/** Starts the process, which waits for memory when it is to be `loading` some. The record names it before and after, so that no crash of ours leaves one that nobody knows. */
export async function bootMachine(
  context: QemuContext,
  paths: MachinePaths,
  id: string,
  plan: StartPlan,
  signal: AbortSignal,
  loading?: SuspendedRecord,
): Promise<Booted> {
  checkMemory(plan.specs, context.host);
  const hardware = parseHardware(plan.hardware);
  const disk = await checkWritable(context, plan.layer);
  const parent = parentOf(await readDiskNote(context, paths), plan.layer);
  const chain = await readChain(context, plan.layer, parent);
  const acceleration = await context.acceleration(signal);
  const { system, env, share } = await context.toolchain();
  const { accelerator, group } = acceleration;
  const { platform } = context.host;
  const account = machineAccount(context.host.uid, plan.ordinal, group);
  const passage = await placeFiles(context, paths, plan.seed, account);
  const below = handOver(chain, account, passage);
  const shape = {
    ...plan,
    ...paths,
    id,
    platform,
    accelerator,
    hardware,
    disk,
    node: nodeOf(plan.layer),
    backing: below.backing,
    isIncoming: loading !== undefined,
    hasVhost: accelerator === "kvm" && (await hasVhost(context.files, account)),
    ...(share === undefined ? {} : { share }),
  };
  const { build } = acceleration;
  const planned = {
    boot: await context.bootId(),
    runtime: paths.runtime,
    uid: account?.uid ?? context.host.uid,
    accelerator,
    cpu: cpuModel(shape),
    build,
    ...(plan.tap === undefined ? {} : { address: plan.address }),
    ...(loading === undefined ? {} : { loading }),
  };
  const record = await writeRun(context.files, paths.run, { phase: "live", ...planned });
  signal.throwIfAborted();
  const { argv, start } = confine(account, passage, [...system, ...qemuArguments(shape)], env);
  const { files } = below;
  const scope = account === undefined ? context.scope?.() : undefined;
  const identity = context.processes.spawnDetached([...(scope?.words ?? []), ...argv], {
    ...start,
    files,
    env: { ...scope?.env, ...start.env },
    outputPath: paths.output,
  });
  return { identity, record: await writeRun(context.files, paths.run, { ...record, process: identity }) };
}

interface Below {
  readonly backing: readonly Backing[];
  /** Handed over as descriptors, in this order. */
  readonly files: readonly string[];
}

/** A frozen layer is nobody's but ours, so an account of its own is handed it open; images it may read by itself. */
function handOver(chain: readonly Link[], account: Account | undefined, { directories }: Passage): Below {
  const files: string[] = [];
  const first = firstDescriptor + directories.length;
  const backing = chain.map(({ path, format, layer }) => ({
    format,
    file: account !== undefined && layer !== undefined ? first + files.push(path) - 1 : path,
    ...(layer !== undefined && { node: nodeOf(layer) }),
  }));
  return { backing, files };
}

/** The seed beside the disk, and an empty folder for the sockets; nobody but the machine's account may read them. */
async function placeFiles(
  context: QemuContext,
  paths: MachinePaths,
  seed: Uint8Array,
  account: Account | undefined,
): Promise<Passage> {
  const { files, runtimeDirectory } = context;
  await files.makeDirectory(runtimeDirectory, 0o700);
  await clearDirectory(context, paths.runtime);
  await files.makeDirectory(paths.runtime, 0o700);
  await files.writeAtomically(paths.seed, seed, 0o600);
  if (account === undefined) return openWay;
  for (const path of [paths.runtime, paths.seed]) await files.changeOwner(path, account.uid, account.gid);
  return passageTo(context, paths);
}

/** How a machine of an account of its own, the daemon being root, reaches its files. */
export async function passageTo(context: QemuContext, paths: MachinePaths): Promise<Passage> {
  const { files, host, dataDirectory, runtimeDirectory } = context;
  if (host.uid !== 0) return openWay;
  const passed = [`${dataDirectory}/layers`, `${dataDirectory}/images`, paths.directory, runtimeDirectory];
  return openPassage(files, host.platform, [dataDirectory, runtimeDirectory], passed);
}

/** Removes the files in a directory and the directory; gone already is as good. `last` is removed after all others. */
export async function clearDirectory(
  { files }: Pick<QemuContext, "files">,
  directory: string,
  last?: string,
): Promise<void> {
  if ((await files.stat(directory)) === undefined) return;
  const paths = (await files.list(directory)).map((name) => `${directory}/${name}`).filter((path) => path !== last);
  for (const path of paths) await files.remove(path);
  if (last !== undefined) await removeIfThere(files, last);
  await files.removeDirectory(directory);
}
