/** A plan of two networks for the tests of pure parts: one to the outside with all kinds of lists, one isolated. */
import type { NetworkWanted } from "../../../src/networks/network.ts";

const port = (name: string, ordinal: number, network = "default") => ({
  instance: `0198f2a0-0000-7000-8000-00c0ffee000${ordinal}`,
  name,
  network,
  mac: `52:54:00:aa:bb:0${ordinal}`,
  address: `${network === "default" ? "10.77.0" : "10.90.0"}.${ordinal + 1}`,
  isUp: true,
  served: [],
  owner: 720_000 + ordinal,
});

export const plan: NetworkWanted = {
  networks: [
    { name: "default", kind: "nat", subnet: "10.77.0.0/16" },
    { name: "lab", kind: "isolated", subnet: "10.90.0.0/24" },
  ],
  ports: [
    { ...port("web", 1), egress: "all" },
    { ...port("db", 2), egress: { hosts: ["Deb.debian.org", "1.2.3.4", "203.0.113.0/24"] } },
    { ...port("quiet", 3), egress: "none", isUp: false },
    { ...port("a", 4, "lab"), egress: "all" },
  ],
  bridged: [
    {
      instance: "0198f2a0-0000-7000-8000-00c0ffee0001",
      card: 1,
      mac: "52:54:00:aa:bb:11",
      interface: "eth1",
      isUp: true,
      owner: 720_001,
    },
  ],
};
