/** Without machines: what an apply leaves, what becomes of one that is cut short anywhere, and that nothing is left in the end. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { NetworkWanted, PortPlan } from "../../../src/networks/network.ts";
import { join } from "node:path";
import { readHost } from "../../../src/networks/bridge/host.ts";
import { namesFor } from "../../../src/networks/bridge/names.ts";
import { until } from "../../e2e/harness.ts";
import { createBed } from "./bed.ts";
import type { Bed } from "./bed.ts";

const longMs = 300_000;
const web: PortPlan = {
  instance: "0198f2a0-0000-7000-8000-00c0ffee0001",
  name: "web",
  network: "default",
  mac: "52:54:00:aa:bb:01",
  address: "10.77.0.2",
  egress: "all",
  isUp: true,
  served: [],
  owner: 720_001,
};
const db: PortPlan = {
  ...web,
  instance: "0198f2a0-0000-7000-8000-00c0ffee0002",
  name: "db",
  mac: "52:54:00:aa:bb:02",
  address: "10.77.0.3",
  egress: { hosts: ["allowed.example", "203.0.113.0/24"] },
};
const wanted: NetworkWanted = {
  networks: [{ name: "default", kind: "nat", subnet: "10.77.0.0/16" }],
  ports: [web, db],
  // The host's only way out, of all interfaces.
  bridged: [
    { instance: web.instance, card: 1, mac: "52:54:00:aa:bb:11", interface: "up0", isUp: true, owner: 720_001 },
  ],
};
const nothing: NetworkWanted = { networks: [], ports: [] };

describe.skipIf(process.getuid?.() !== 0)("a bridge network on a host of its own", () => {
  let bed: Bed;
  let before: string;
  beforeAll(async () => {
    bed = await createBed();
    before = await bed.picture();
  });
  afterAll(() => bed?.close());

  /** What is there, without what is another number each time. */
  const made = async () => {
    const { links } = readHost(await bed.run(bed.host, "ip -j -d -N addr"), "");
    const told = links
      .filter(({ kind }) => kind === "bridge" || kind === "tun")
      .map((link) => (link.kind === "tun" ? { ...link, mac: "" } : link))
      .toSorted((a, b) => a.name.localeCompare(b.name));
    const rules = await bed.run(bed.host, "nft list ruleset");
    const servers = await bed.run(bed.host, `pgrep -fc "^[^ ]*dnsmasq.*${bed.directory}/" || true`);
    const others = await bed.run(bed.host, "sysctl net.ipv4.ip_forward; ip route");
    return { links: told, rules: rules.split("\n").toSorted().join("\n"), servers, others };
  };
  const during = async (work: NetworkWanted, deedsMax?: number): Promise<boolean> => {
    const daemon = bed.open(deedsMax);
    const isWhole = await daemon.apply(work).then(
      () => true,
      (error) => {
        if (String(error).includes("it ended")) return false;
        throw error;
      },
    );
    await daemon.close();
    return isWhole;
  };

  test(
    "what is applied twice is there once, and an empty plan leaves nothing",
    async () => {
      expect(await during(wanted)).toBe(true);
      const first = await made();
      expect(first.servers.trim()).toBe("2");
      expect(first.others).toContain("= 1\ndefault via 198.51.100.1 dev br-up0");
      // Nobody listens, and that is what it says.
      await bed.run(bed.host, "timeout 5 bash -c '</dev/tcp/198.51.100.1/9' 2>&1 | grep refused");
      const daemon = bed.open();
      for (const _ of ["once", "twice"]) await daemon.apply(wanted);
      expect(await made()).toEqual(first);
      await daemon.apply(nothing);
      await daemon.close();
      expect(await bed.picture()).toBe(before);
    },
    longMs,
  );

  test(
    "a subnet that the host reaches elsewhere is refused, and nothing is made",
    async () => {
      await bed.run(bed.host, `ip route add 10.77.3.0/24 via 198.51.100.1`);
      const refused = during(wanted);
      await expect(refused).rejects.toThrow(/subnet-taken: .*10\.77\.3\.0\/24 over up0/);
      await bed.run(bed.host, `ip route del 10.77.3.0/24`);
      expect(await bed.picture()).toBe(before);
    },
    longMs,
  );

  test(
    "killed before or after any of its deeds, what the next one makes is whole, and what it clears is gone",
    async () => {
      expect(await during(wanted)).toBe(true);
      const whole = await made();
      expect(await during(nothing)).toBe(true);
      let [isMade, isCleared] = [false, false];
      for (let deeds = 0; !isMade || !isCleared; deeds += 5) {
        if (!isMade) isMade = await during(wanted, deeds);
        expect(await during(wanted)).toBe(true);
        expect(await made()).toEqual(whole);
        isCleared = await during(nothing, deeds);
        expect(await during(nothing)).toBe(true);
        // What was killed may have left a program that still ends.
        await until("all is as before", async () => (await bed.picture()) === before);
      }
    },
    longMs,
  );

  test(
    "rules or a bridge that somebody took away are back by themselves",
    async () => {
      const daemon = bed.open();
      await daemon.apply(wanted);
      const whole = await made();
      const bridge = namesFor(join(bed.directory, "data")).bridge("default");
      for (const harm of ["nft flush ruleset", `ip link delete ${bridge}`]) {
        await bed.run(bed.host, harm);
        await until("it is whole again", async () => Bun.deepEquals(await made(), whole));
      }
      await daemon.apply(nothing);
      await daemon.close();
      expect(await bed.picture()).toBe(before);
    },
    longMs,
  );
});
