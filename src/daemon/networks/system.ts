/** The networks of this host: how machines are connected here, as far as it can be done. */
import type { Config } from "../../config.ts";
import type { Driver } from "../../drivers/driver.ts";
import { machineAccount } from "../../drivers/qemu/access.ts";
import { createBridgeNetwork } from "../../networks/bridge/index.ts";
import { namesFor } from "../../networks/bridge/names.ts";
import { systemClock as clock } from "../../sys/clock.ts";
import { systemFiles as files } from "../../sys/files.ts";
import { systemHost } from "../../sys/host.ts";
import { systemProcesses as processes } from "../../sys/process.ts";
import { createSystemNetwork } from "../user-network.ts";
import type { Backends, BridgeBackend } from "./keeper.ts";

export function createSystemNetworks(
  config: Config,
  version: string,
  driver: Driver,
  report: (line: string) => void,
): Backends {
  const user = createSystemNetwork(config, version, driver, report);
  const bridge = systemHost().platform === "linux" && config.user.uid === 0 ? createBridge(config) : undefined;
  return { ...(user && { user }), ...(bridge && { bridge }) };
}

function createBridge({ directory, runtimeDirectory, user }: Config): BridgeBackend {
  const names = namesFor(directory);
  return {
    ...createBridgeNetwork({ dataDirectory: directory, runtimeDirectory, files, processes, clock }),
    tapOf: names.tap,
    ownerOf: ({ ordinal }) => machineAccount(user.uid, ordinal)?.uid,
  };
}
