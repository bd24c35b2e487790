/** The daemon as a program: run here (all of it loaded only then), and asked after by its pid. */
import type { DaemonRole } from "../commands/context.ts";
import type { Config } from "../config.ts";

export function daemonRole(config: Config, version: string): DaemonRole {
  return {
    async run() {
      const { runDaemon } = await import("../daemon/daemon.ts");
      return runDaemon(config, version);
    },
    async isAlive(pid) {
      const { systemProcesses } = await import("../sys/process.ts");
      return systemProcesses.facts(pid) !== undefined;
    },
  };
}
