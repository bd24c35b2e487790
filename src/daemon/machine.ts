/** The driver of this host, as the settings choose it, with the real machine behind its ports. */
import type { Config } from "../config.ts";
import type { Driver } from "../drivers/driver.ts";
import { locateFileServer } from "../drivers/qemu/file-server.ts";
import { rememberQemu } from "../drivers/qemu/locate.ts";
import { createDriver } from "../drivers/registry.ts";
import { createRelayHelper, type RelayHelper } from "../networks/forward/client.ts";
import { systemClock } from "../sys/clock.ts";
import { systemFiles } from "../sys/files.ts";
import { systemHost } from "../sys/host.ts";
import { systemProcesses } from "../sys/process.ts";
import { findScope, type Scope } from "../sys/scope.ts";
import { systemSockets } from "../sys/socket.ts";

/** Settings are asked for at each use, so that a change counts from the next start of a machine on. */
export function createSystemDriver(
  { directory, runtimeDirectory, searchPath, program, environment, user }: Config,
  setting: (key: string) => string,
): Driver {
  const host = systemHost();
  const ports = { files: systemFiles, processes: systemProcesses };
  const accelerator = () => {
    const value = setting("driver.accelerator");
    return value === "kvm" || value === "tcg" ? value : "auto";
  };
  let scope: Scope | undefined;
  const places = { ...ports, host, program, searchPath, unpackDirectory: `${directory}/qemu` };
  return createDriver("auto", {
    ...ports,
    scope: () => (scope ??= findScope(environment, searchPath, user.uid)),
    dataDirectory: directory,
    runtimeDirectory,
    toolchain: rememberQemu(() => setting("driver.qemu"), places),
    ...(host.platform === "linux" && { fileServer: () => locateFileServer(places) }),
    accelerator,
    host,
    sockets: systemSockets,
    clock: systemClock,
  });
}

/** The helper that opens ports which machines may not open. */
export function systemRelayHelper({ runtimeDirectory, program, searchPath, environment, user }: Config): RelayHelper {
  return createRelayHelper({
    directory: runtimeDirectory,
    program,
    scope: () => findScope(environment, searchPath, user.uid),
    files: systemFiles,
    processes: systemProcesses,
    sockets: systemSockets,
    clock: systemClock,
  });
}
