/** What samples there are of networks. */
import type { AddressView, HostInterface, LeaseView, NetworkView } from "../../src/model/network.ts";

export const lab: NetworkView = {
  name: "lab",
  kind: "isolated",
  subnet: "10.79.0.0/24",
  createdAt: "2026-11-20T14:04:10.000Z",
  instances: 2,
};

export const networks: NetworkView[] = [{ name: "default", kind: "nat", subnet: "10.77.0.0/16", instances: 1 }, lab];

export const addresses: AddressView[] = [
  {
    address: "10.79.0.2",
    instance: "web",
    mac: "52:54:00:00:00:01",
    state: "Running",
    attachment: "user",
    isStatic: false,
    isDetached: false,
  },
  {
    address: "10.79.0.20",
    instance: "db",
    mac: "52:54:00:00:00:02",
    state: "Stopped",
    attachment: "bridge",
    isStatic: true,
    isDetached: true,
  },
];

export const leases: LeaseView[] = [
  { address: "10.79.0.20", network: "lab", instance: "db", id: "i-2", from: "2026-11-20T14:04:10.000Z" },
  {
    address: "10.77.0.2",
    network: "default",
    instance: "old",
    id: "i-1",
    from: "2026-11-19T14:04:10.000Z",
    until: "2026-11-20T14:00:00.000Z",
  },
];

export const interfaces: HostInterface[] = [
  { name: "br0", type: "bridge", description: "Network bridge with eth1", isUsable: true, needsBridge: false },
  { name: "eth0", type: "ethernet", description: "Ethernet device", isUsable: true, needsBridge: true },
  { name: "wlan0", type: "wifi", description: "Wi-Fi device", isUsable: false, needsBridge: false },
];
