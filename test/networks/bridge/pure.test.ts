import { describe, expect, test } from "bun:test";
import {
  configuration,
  freedLeases,
  hosts,
  reservations,
  upstreams,
} from "../../../src/networks/bridge/dnsmasq-files.ts";
import { readHost } from "../../../src/networks/bridge/host.ts";
import type { HostNetwork, Link } from "../../../src/networks/bridge/host.ts";
import { linkLines } from "../../../src/networks/bridge/links.ts";
import { namesFor } from "../../../src/networks/bridge/names.ts";
import { readCounts, refusalsSince } from "../../../src/networks/bridge/refusals.ts";
import { refusedNames } from "../../../src/networks/bridge/refused-names.ts";
import { readRules, removalText, rulesText } from "../../../src/networks/bridge/rules.ts";
import { checkSubnet, chooseSubnet } from "../../../src/networks/bridge/subnets.ts";
import { enslaveLines, mastersOf, releaseLines, uplinksFor } from "../../../src/networks/bridge/uplinks.ts";
import { plan } from "./plan.ts";

const names = namesFor("/var/lib/strata");
const paths = {
  reservations: "/run/s/reservations",
  hosts: "/run/s/hosts",
  leases: "/run/s/leases",
  upstreams: "/run/s/upstreams",
  resolv: "/etc/resolv.conf",
};
const bare: HostNetwork = { links: [], routes: [] };
const masters = new Map([["eth1", "br-eth1"]]);

describe("names", () => {
  test("of links fit the kernel, and are the same for ever", () => {
    const all = [names.bridge("default"), names.bridge("a".repeat(32)), names.tap("id"), names.tap("id", 3)];
    expect(all.every((name) => /^strata-[0-9a-z]{8}$/.test(name))).toBe(true);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toMatchSnapshot();
    expect(namesFor("/other").bridge("default")).not.toBe(names.bridge("default"));
  });
  test("a bridge's hardware address is a local one of its own", () => {
    expect(names.mac("default")).toMatch(/^02(:[0-9a-f]{2}){5}$/);
    expect(names.mac("lab")).not.toBe(names.mac("default"));
  });
});

describe("what the host's programs are told is the text on record", () => {
  test("rules", () => expect(rulesText(plan, names)).toMatchSnapshot());
  test("rules where cards are on interfaces of the host alone", () =>
    expect(rulesText({ networks: [], ports: [], bridged: plan.bridged ?? [] }, names)).toMatchSnapshot());
  test("links of a bare host", () => expect(linkLines(plan, bare, names, masters)).toMatchSnapshot());
  test("dnsmasq for addresses and all names", () =>
    expect(configuration("open", plan, names, paths, "dnsmasq")).toMatchSnapshot());
  test("dnsmasq for the names on lists", () =>
    expect(configuration("gate", plan, names, paths, "dnsmasq")).toMatchSnapshot());
  test("addresses and names", () => expect([reservations(plan), hosts(plan)]).toMatchSnapshot());
});

describe("rules that are there already", () => {
  test("chains and sets of what is no more are deleted after the flush", () => {
    const listed = {
      nftables: [
        { metainfo: {} },
        { chain: { name: "list_gone" } },
        { chain: { name: "refuse" } },
        { set: { name: "names_gone" } },
      ],
    };
    const found = readRules(JSON.stringify(listed));
    expect(found).toEqual({ chains: ["list_gone", "refuse"], sets: ["names_gone"] });
    const lines = rulesText(plan, names, found).split("\n");
    expect(lines.filter((line) => line.startsWith("delete ") && line.includes("inet"))).toEqual([
      `delete chain inet ${names.table} list_gone`,
      `delete set inet ${names.table} names_gone`,
    ]);
  });
  test("they are taken away by name, there or not", () => {
    expect(removalText(names)).toContain(`add table inet ${names.table}\ndelete table inet ${names.table}\n`);
  });
});

describe("links that are there already", () => {
  const link = (name: string, more: Partial<Link>): Link => ({
    name,
    mac: "",
    isUp: true,
    addresses: [],
    assigned: [],
    alias: names.alias,
    ...more,
  });
  const made: HostNetwork = {
    routes: [],
    links: [
      ...plan.networks.map(({ name, subnet }) =>
        link(names.bridge(name), { kind: "bridge", mac: names.mac(name), addresses: [subnet.replace(/0\//, "1/")] }),
      ),
      ...plan.ports.map(({ instance, network, isUp, owner = 0 }) =>
        link(names.tap(instance), { kind: "tun", isUp, owner, master: names.bridge(network) }),
      ),
      ...(plan.bridged ?? []).map(({ instance, card, owner = 0 }) =>
        link(names.tap(instance, card), { kind: "tun", owner, master: "br-eth1" }),
      ),
    ],
  };
  test("and right are left alone", () => expect(linkLines(plan, made, names, masters)).toEqual([]));
  test("go when nobody needs them, a bridge after what is in it", () => {
    const lines = linkLines({ networks: [], ports: [] }, made, names);
    expect(lines.at(-1)).toBe(`link delete dev ${names.bridge("lab")}`);
    expect(lines).toHaveLength(made.links.length);
  });
  test("of another data directory, or of nobody's, are not touched", () => {
    const others = [link(names.tap("x"), { alias: "strata 000000000000" }), link("docker0", { kind: "bridge" })];
    expect(linkLines({ networks: [], ports: [] }, { links: others, routes: [] }, names)).toEqual([]);
  });
  test("a detached one loses its link, and nothing else", () => {
    const ports = plan.ports.map((port) => ({ ...port, isUp: port.name !== "web" && port.isUp }));
    const tap = names.tap(plan.ports[0]?.instance ?? "");
    expect(linkLines({ ...plan, ports }, made, names, masters)).toEqual([`link set dev ${tap} down`]);
  });
});

describe("an interface of the host", () => {
  const eth: Link = {
    name: "eth1",
    mac: "00:11:22:33:44:55",
    isUp: true,
    addresses: ["192.0.2.7/24"],
    assigned: ["192.0.2.7/24 brd 192.0.2.255"],
  };
  const host: HostNetwork = {
    links: [eth],
    routes: [
      { destination: "default", device: "eth1", assigned: "default via 192.0.2.1 metric 100" },
      { destination: "192.0.2.0/24", device: "eth1" },
      { destination: "198.51.100.1", device: "eth1", assigned: "198.51.100.1 scope link" },
      { destination: "203.0.113.0/24", device: "eth0", assigned: "203.0.113.0/24 via 10.0.0.1" },
    ],
  };
  const [uplink] = uplinksFor(plan.bridged ?? [], host, []);
  if (!uplink) throw new Error("there is a note");

  test("is put into a bridge that takes over its addresses and routes, and gets them back", () => {
    expect(uplink).toMatchSnapshot();
    expect(enslaveLines(uplink, host, names)).toMatchSnapshot();
    expect(mastersOf([uplink])).toEqual(masters);
    const made: Link = { ...eth, name: "br-eth1", kind: "bridge", alias: names.alias };
    expect(releaseLines(uplink, { ...host, links: [{ ...eth, master: "br-eth1" }, made] })).toMatchSnapshot();
  });
  test("that is there already as it should be is left alone, and one that is gone is no obstacle", () => {
    const moved: Link = { ...eth, name: "br-eth1", kind: "bridge", alias: names.alias };
    const links = [{ ...eth, master: "br-eth1", addresses: [], assigned: [] }, moved];
    expect(enslaveLines(uplink, { links, routes: [] }, names)).toEqual([]);
    expect(enslaveLines(uplink, bare, names)).toEqual([]);
    expect(releaseLines(uplink, { links: [moved], routes: [] })).toEqual(["link delete dev br-eth1"]);
  });
  test("that was noted before a crash is known by the note, whatever is on it now", () => {
    const stripped = { routes: [], links: [{ ...eth, addresses: [], assigned: [] }] };
    expect(uplinksFor(plan.bridged ?? [], stripped, [uplink])).toEqual([uplink]);
  });
  test("that is a bridge is taken as it is; one that is missing, or another's, is refused", () => {
    expect(uplinksFor(plan.bridged ?? [], { ...host, links: [{ ...eth, kind: "bridge" }] }, [])).toEqual([]);
    const refused = (links: Link[], code: string) =>
      expect(() => uplinksFor(plan.bridged ?? [], { ...host, links }, [])).toThrow(expect.objectContaining({ code }));
    refused([], "interface-not-found");
    refused([{ ...eth, master: "docker0" }], "interface-taken");
    refused([eth, { ...eth, name: "br-eth1", kind: "bridge" }], "interface-taken");
  });
});

describe("subnets", () => {
  const route = (destination: string, device = "eth0") => ({ destination, device });
  test("the first of the list is chosen, and the next where the host has a route into it", () => {
    expect(chooseSubnet([route("default"), route("192.0.2.0/24")])).toBe("10.77.0.0/16");
    expect(chooseSubnet([route("10.77.3.4", "tun0")])).toBe("10.78.0.0/16");
    expect(chooseSubnet([route("10.0.0.0/8", "tun0")])).toBe("172.20.0.0/16");
    expect(chooseSubnet([], new Set(), ["10.77.0.0/16"])).toBe("10.78.0.0/16");
  });
  test("a VPN's two halves of the internet are its default, and our own bridge is no obstacle", () => {
    expect(chooseSubnet([route("0.0.0.0/1", "tun0"), route("128.0.0.0/1", "tun0")])).toBe("10.77.0.0/16");
    expect(chooseSubnet([route("10.77.0.0/16", "ours")], new Set(["ours"]))).toBe("10.77.0.0/16");
  });
  test("all private addresses taken: refused", () => {
    const all = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map((each) => route(each));
    expect(() => chooseSubnet(all)).toThrow(expect.objectContaining({ code: "subnet-taken" }));
  });
  test("a collision names the route and the link", () => {
    expect(() => checkSubnet("lab", "10.90.0.0/24", [route("10.88.0.0/13", "tun0")], new Set())).toThrow(
      'the network "lab" is 10.90.0.0/24, and the host reaches 10.88.0.0/13 over tun0',
    );
  });
});

test("what ip tells is read: only what counts, and nothing at all is no error", () => {
  const links = [
    {
      ifname: "lo",
      flags: ["LOOPBACK", "UP"],
      address: "00:00:00:00:00:00",
      addr_info: [{ family: "inet6", local: "::1", prefixlen: 128 }],
    },
    {
      ifname: "t1",
      flags: ["BROADCAST"],
      master: "b",
      ifalias: "strata x",
      linkinfo: { info_kind: "tun", info_data: { user: "720001" } },
    },
  ];
  const routes = [
    { dst: "default", gateway: "192.0.2.1", dev: "eth0", flags: [] },
    { type: "local", dst: "127.0.0.1", dev: "lo" },
    { type: "unreachable", dst: "10.0.0.0/8" },
  ];
  expect(readHost(JSON.stringify(links), JSON.stringify(routes))).toEqual({
    links: [
      { name: "lo", mac: "00:00:00:00:00:00", isUp: true, addresses: [], assigned: [] },
      {
        name: "t1",
        mac: "",
        isUp: false,
        addresses: [],
        assigned: [],
        kind: "tun",
        master: "b",
        alias: "strata x",
        owner: 720_001,
      },
    ],
    routes: [{ destination: "default", device: "eth0", assigned: "default via 192.0.2.1" }],
  });
  expect(readHost("", "\n")).toEqual({ links: [], routes: [] });
});

test("for names in lists those are asked whom the host asks, three at most, on its own stub too", () => {
  const resolv =
    "# nameserver 9.9.9.9\nnameserver 127.0.0.53\nsearch lan\nnameserver fe80::1%eth0\nnameserver 192.0.2.1\nnameserver 192.0.2.2\n";
  expect(upstreams(plan, resolv).trim().split("\n")).toEqual(
    ["127.0.0.53", "fe80::1", "192.0.2.1"].map((server) => `server=/deb.debian.org/${server}`),
  );
  expect(upstreams({ ...plan, ports: [] }, resolv)).toBe("");
});

test("leases of others are taken away where an address has a new owner", () => {
  const lease = (mac: string, address: string) => `1790000000 ${mac} ${address} * *`;
  const kept = [lease("52:54:00:aa:bb:01", "10.77.0.2"), lease("52:54:00:aa:bb:09", "10.77.0.9")];
  expect(freedLeases(kept.join("\n"), plan)).toBeUndefined();
  expect(freedLeases([...kept, lease("52:54:00:aa:bb:99", "10.77.0.3")].join("\n"), plan)).toBe(kept.join("\n"));
});

test("names that are refused are counted by who asked for an address of them", () => {
  const question = (
    number: number,
    address: string,
    kind: string,
    name: string,
    answer = "config error is REFUSED (EDE: not ready)",
  ) => {
    const start = `dnsmasq[7]: ${number} ${address}/40000`;
    return `${start} query[${kind}] ${name} from ${address}\n${start} ${answer}\n`;
  };
  const log = [
    question(1, "10.77.0.3", "A", "Evil.example"),
    question(2, "10.77.0.3", "AAAA", "evil.example"),
    question(3, "10.77.0.3", "A", "evil.example"),
    question(4, "10.77.0.3", "A", "nobody.strata", "config nobody.strata is NXDOMAIN"),
    question(5, "10.77.0.3", "A", "db.strata", "/run/hosts db.strata is 10.77.0.3"),
    question(6, "10.77.0.99", "A", "evil.example"),
    "dnsmasq[7]: half a li",
  ];
  expect(refusedNames(log.join(""), plan.ports)).toEqual([
    { instance: plan.ports[1]?.instance ?? "", destination: "evil.example", protocol: "dns", count: 2 },
  ]);
});

describe("refused attempts", () => {
  const element = (concat: unknown[], packets: number) => ({
    elem: { val: { concat }, expires: 3599, counter: { packets, bytes: 60 } },
  });
  const listed = (...elem: unknown[]) =>
    JSON.stringify({
      nftables: [{ metainfo: {} }, { set: { name: "refused", elem } }, { set: { name: "names_x", elem: ["1.2.3.4"] } }],
    });
  test("are what was counted since, of instances that are known", () => {
    const before = readCounts(listed(element(["10.77.0.3", "8.8.8.8", "tcp", 443], 2)));
    const now = readCounts(
      listed(
        element(["10.77.0.3", "8.8.8.8", "tcp", 443], 5),
        element(["10.77.0.4", "8.8.4.4", "icmp"], 1),
        element(["10.77.9.9", "8.8.4.4", 47], 1),
      ),
    );
    expect(refusalsSince(before, now, plan.ports)).toEqual([
      { instance: plan.ports[1]?.instance ?? "", destination: "8.8.8.8", protocol: "tcp", port: 443, count: 3 },
      { instance: plan.ports[2]?.instance ?? "", destination: "8.8.4.4", protocol: "icmp", count: 1 },
    ]);
    expect(refusalsSince(now, before, plan.ports)).toMatchObject([{ count: 2 }]);
  });
});
