/** What there is on the host to bridge to, and where its routes lead. */
import { describe, expect, test } from "bun:test";
import { readRoutes } from "../../src/daemon/networks/bridge-subnet.ts";
import { readHostInterfaces } from "../../src/networks/host-interfaces.ts";

describe("the host", () => {
  const texts: Record<string, string> = {
    "/sys/class/net/eth0/type": "1\n",
    "/sys/class/net/lo/type": "772\n",
    "/sys/class/net/wlan0/type": "1\n",
    "/sys/class/net/wlan0/wireless/x": "",
    "/sys/class/net/br0/type": "1\n",
    "/sys/class/net/br0/bridge/x": "",
    "/sys/class/net/br0/brif/eth1/x": "",
    "/sys/class/net/eth1/type": "1\n",
    "/sys/class/net/eth1/master/x": "",
    "/sys/class/net/tap7/type": "1\n",
    "/sys/class/net/tap7/tun_flags": "",
    "/proc/net/route":
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\neth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\ntun0\t00004D0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n",
  };
  const files = {
    list: async (directory: string) => [
      ...new Set(
        Object.keys(texts)
          .filter((path) => path.startsWith(`${directory}/`))
          .map((path) => path.slice(directory.length + 1).split("/")[0] ?? ""),
      ),
    ],
    stat: async (path: string) =>
      Object.keys(texts).some((each) => each === path || each.startsWith(`${path}/`)) ? ({} as never) : undefined,
    read: async (path: string) => new TextEncoder().encode(texts[path] ?? expect.unreachable()),
  };
  test("has interfaces that can be bridged, and others", async () => {
    expect(
      (await readHostInterfaces(files)).map(({ name, type, isUsable, needsBridge }) => [
        name,
        type,
        isUsable,
        needsBridge,
      ]),
    ).toEqual([
      ["br0", "bridge", true, false],
      ["eth0", "ethernet", true, true],
      ["eth1", "ethernet", false, false],
      ["wlan0", "wifi", false, false],
    ]);
  });
  test("has routes, which no bridge of ours gets into the way of", async () => {
    expect(await readRoutes(files)).toEqual([{ destination: "10.77.0.0/16", device: "tun0" }]);
  });
});
