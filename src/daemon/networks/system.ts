/** The networks of this host: how machines are connected here, as far as it can be done. */
import type { Config } from "../../config.ts";
import type { Driver } from "../../drivers/driver.ts";
import { createSystemNetwork } from "../user-network.ts";
import type { Backends } from "./keeper.ts";

export function createSystemNetworks(
  config: Config,
  version: string,
  driver: Driver,
  report: (line: string) => void,
): Backends {
  const user = createSystemNetwork(config, version, driver, report);
  return { ...(user && { user }) };
}
