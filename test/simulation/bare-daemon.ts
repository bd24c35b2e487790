/** What handlers see of a daemon beside its core and its ports, where neither host nor network plays a part. */
import type { Config } from "../../src/config.ts";
import type { Daemon } from "../../src/daemon/handlers/context.ts";

export const bareDaemon = (directory: string) =>
  ({
    config: { directory, user: { uid: 1, gid: 1, name: "sim", home: "/home/sim" } } as Config,
    version: "0",
    trust: { add: async () => [] },
    outside: async () => ({ proxies: {} }),
    anchored: () => undefined,
    sunk: () => undefined,
    hostPorts: {
      probe: async () => "free",
      free: async () => 20_000,
      holder: () => undefined,
      privilegedBelow: () => 1024,
    },
    hostNames: () => ({ isOn: false, links: 0 }),
    forwards: { settle: async () => {} },
    processors: 8,
    startedAt: "",
    memoryBytes: 2 ** 40,
    stop: () => {},
    logCheckedAt: () => undefined,
  }) satisfies Partial<Daemon>;
