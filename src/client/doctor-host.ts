/** The checks that need no daemon: read from the host and the data directory, changing nothing. */
import { checkRuntimeDirectory } from "../config.ts";
import type { Config } from "../config.ts";
import { checkDirectory } from "../daemon/doctor/directory.ts";
import { availableMemory, checkAccelerator, checkClock, checkDriver, checkMemory } from "../daemon/doctor/host.ts";
import { checkLogFiles } from "../daemon/doctor/log.ts";
import { chooseOnLinux, readKvmFacts } from "../drivers/qemu/acceleration.ts";
import { carriedQemu, carriedToolchain, isUnpacked } from "../drivers/qemu/carried.ts";
import { locateQemu } from "../drivers/qemu/locate.ts";
import { messageOf } from "../errors.ts";
import { logDirectory } from "../events/store/segment.ts";
import type { VerifyReport } from "../model/audit.ts";
import type { Check } from "../model/check.ts";
import { formatSize } from "../model/size.ts";
import { systemClock } from "../sys/clock.ts";
import { systemFiles } from "../sys/files.ts";
import { systemHost } from "../sys/host.ts";
import { systemProcesses } from "../sys/process.ts";
import { auditPort } from "./audit.ts";

/** A larger log takes more than seconds to verify, and a doctor is quick. */
const logBytesMax = 256 * 2 ** 20;

export async function examineHost(config: Config, socket: string): Promise<Check[]> {
  const { directory, user } = config;
  return [
    await checkQemu(config),
    ...(await checkKvm()),
    ...(await checkDirectory({ directory, uid: user.uid, user: user.name, files: systemFiles })),
    ...(await checkLog(directory)),
    await checkPlaceOfSockets(config, socket),
    ...(await checkHostMemory()),
  ];
}

async function checkQemu({ directory, searchPath, program }: Config): Promise<Check> {
  const unpackDirectory = `${directory}/qemu`;
  const carried = carriedQemu();
  if (carried) {
    const { build } = carriedToolchain(carried, unpackDirectory);
    const isThere = await isUnpacked(carried, unpackDirectory, systemFiles);
    return { name: "qemu", verdict: "ok", found: isThere ? build : `${build}, unpacked when it is first needed` };
  }
  const ports = { files: systemFiles, processes: systemProcesses, host: systemHost(), program, searchPath };
  const found = await locateQemu("system", { ...ports, unpackDirectory }).catch((error: Error) => error);
  const [check] = checkDriver(found instanceof Error ? found : { accelerator: "tcg", build: found.build }, false);
  return check ?? { name: "qemu", verdict: "ok", found: "system" };
}

async function checkKvm(): Promise<Check[]> {
  const host = systemHost();
  if (host.platform !== "linux") return [];
  const facts = await readKvmFacts(systemFiles, host, "auto");
  // Whether it is fast is only known by trying, which the daemon does.
  return [checkAccelerator(await chooseOnLinux(facts, async () => true), false)];
}

async function checkLog(directory: string): Promise<Check[]> {
  const bytes = await bytesIn(logDirectory(directory));
  if (bytes > logBytesMax) {
    const found = `${formatSize(bytes)}, not verified here`;
    return [{ name: "log", verdict: "warn", found, next: "strata audit verify" }];
  }
  const report = await auditPort(directory)
    .verify({ isHereOnly: true })
    .catch((error: Error) => error);
  return [checkLogFiles(report), checkClock(systemClock.now().getTime(), newestOf(report))];
}

const newestOf = (report: VerifyReport | Error): string => (report instanceof Error ? "" : (report.to ?? ""));

async function bytesIn(folder: string): Promise<number> {
  if ((await systemFiles.stat(folder)) === undefined) return 0;
  const names = await systemFiles.list(folder);
  const sizes = await Promise.all(names.map(async (name) => (await systemFiles.stat(`${folder}/${name}`))?.bytes ?? 0));
  return sizes.reduce((sum, each) => sum + each, 0);
}

async function checkPlaceOfSockets(config: Config, socket: string): Promise<Check> {
  const name = "sockets";
  try {
    checkRuntimeDirectory(config);
  } catch (error) {
    return { name, verdict: "fail", found: messageOf(error), next: "set XDG_RUNTIME_DIR to a directory of your own" };
  }
  if ((await systemFiles.stat(socket)) === undefined)
    return { name, verdict: "ok", found: `${socket}, when a daemon runs` };
  const found = `${socket} is left of a daemon that died; the next one takes it over`;
  return { name, verdict: "warn", found, next: "strata list" };
}

async function checkHostMemory(): Promise<Check[]> {
  const available = await availableMemory(systemFiles);
  return available === undefined ? [] : [checkMemory({ total: systemHost().memory, available, running: [] })];
}
