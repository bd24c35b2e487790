/** The user-mode network of this host: its switch is this program in another role. */
import type { Config } from "../config.ts";
import type { Driver } from "../drivers/driver.ts";
import type { NetworkBackend } from "../networks/network.ts";
import { createUserNetwork } from "../networks/user.ts";
import { systemClock as clock } from "../sys/clock.ts";
import { systemProcesses as processes } from "../sys/process.ts";
import { findScope } from "../sys/scope.ts";
import { checkSocketPath, systemSockets as sockets } from "../sys/socket.ts";
import { connectDescriptor } from "../sys/unix-descriptor.ts";

/** The name of the switch's socket, in the runtime directory. */
export const switchSocket = "switch.sock";

/** Undefined: the driver has no way to lead packets through a switch. */
export function createSystemNetwork(
  { directory, runtimeDirectory, program, environment, searchPath, user }: Config,
  version: string,
  { links }: Driver,
  report: (line: string) => void,
): NetworkBackend | undefined {
  if (!links) return undefined;
  const socket = checkSocketPath(`${runtimeDirectory}/${switchSocket}`);
  return createUserNetwork({
    socket,
    version,
    sockets,
    clock,
    processes,
    launch: () => {
      const scope = findScope(environment, searchPath, user.uid);
      const env = { STRATA_HOME: directory, PATH: searchPath, ...scope.env };
      const words = [...scope.words, ...program, "helper", "switch", socket];
      return processes.spawnDetached(words, { env, outputPath: `${directory}/switch.log` });
    },
    connect: connectDescriptor,
    plug: links.plug,
    isPlugged: links.isPlugged,
    report,
  });
}
