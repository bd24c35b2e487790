import { expect, test } from "bun:test";
import { checkBridge } from "../../src/daemon/doctor/bridge.ts";
import { factsFrom, readBarriers } from "../../src/networks/bridge/facts.ts";
import type { Barrier, BridgeFacts, Raw } from "../../src/networks/bridge/facts.ts";
import { namesFor } from "../../src/networks/bridge/names.ts";
import { plan } from "../networks/bridge/plan.ts";

const names = namesFor("/var/lib/strata");
const bridge = names.bridge("default");
const healthy: BridgeFacts = {
  missing: [],
  networks: [{ name: "default", subnet: "10.77.0.0/16", bridge, isThere: true, isIsolated: false }],
  passesOn: true,
  tunMode: 0o20666,
  isServed: true,
  barriers: [],
  ports: [{ name: "web", address: "10.77.0.2", network: "default", hasLease: true }],
};
const { tunMode: _, ...withoutTun } = healthy;
const [network] = healthy.networks;
const [web] = healthy.ports;
if (!network || !web) throw new Error("there is one of each");
const barrier = (hook: Barrier["hook"], owner: Barrier["owner"]): Barrier => ({
  family: "ip",
  table: "filter",
  chain: "X",
  hook,
  owner,
});
const deaf = [{ ...web, hasLease: false }];

const cases: readonly [what: string, facts: BridgeFacts, unreachable?: string[]][] = [
  ["a healthy host", healthy],
  ["one without networks", { ...healthy, networks: [], ports: [] }],
  ["programs that are missing", { ...healthy, missing: ["nft", "dnsmasq"], isServed: false }],
  [
    "a VPN over the subnet",
    { ...healthy, networks: [{ ...network, obstacle: { destination: "10.0.0.0/8", device: "tun0" } }] },
  ],
  ["a tun device that only root may open", { ...healthy, tunMode: 0o20600 }],
  ["no tun device", withoutTun],
  ["a bridge that somebody deleted", { ...healthy, networks: [{ ...network, isThere: false }] }],
  ["dnsmasq that does not run", { ...healthy, isServed: false }],
  ["ip_forward turned off", { ...healthy, passesOn: false }],
  ["Docker that drops what is passed on", { ...healthy, barriers: [barrier("forward", "docker")] }],
  ["a firewall that drops DHCP", { ...healthy, ports: deaf, barriers: [barrier("input", "other")] }],
  ["ufw that drops DHCP", { ...healthy, ports: deaf, barriers: [barrier("input", "ufw")] }],
  ["firewalld that drops DHCP", { ...healthy, ports: deaf, barriers: [barrier("input", "firewalld")] }],
  ["a guest that has asked for no address", { ...healthy, ports: [web, { ...web, name: "db", hasLease: false }] }],
  ["a guest with an address and without SSH", healthy, ["web"]],
];

for (const [what, facts, unreachable] of cases)
  test(`doctor names the cause and the next command: ${what}`, () =>
    expect(checkBridge(facts, unreachable)).toMatchSnapshot());

test("a host on which nothing is bridged needs no tun device", () =>
  expect(checkBridge({ ...healthy, networks: [], ports: [], tunMode: 0 }).map(({ verdict }) => verdict)).toEqual([
    "ok",
  ]));

test("an isolated network needs nothing passed on", () => {
  const isolated = { ...healthy, passesOn: false, networks: [{ ...network, isIsolated: true }] };
  expect(checkBridge(isolated).map(({ verdict }) => verdict)).toEqual(["ok"]);
});

test("a firewall that lets DHCP through is not named", () => {
  expect(checkBridge({ ...healthy, barriers: [barrier("input", "ufw")] }).map(({ verdict }) => verdict)).toEqual([
    "ok",
  ]);
});

test("whose a dropping chain is, is told by its names; chains that accept are none", () => {
  const chain = (family: string, table: string, name: string, more = {}) => ({
    chain: { family, table, name, ...more },
  });
  const listed = [
    chain("ip", "filter", "FORWARD", { hook: "forward", policy: "drop" }),
    chain("ip", "filter", "DOCKER-USER"),
    chain("ip6", "filter", "INPUT", { hook: "input", policy: "drop" }),
    chain("ip6", "filter", "ufw6-before-input"),
    chain("inet", "firewalld", "filter_INPUT", { hook: "input", policy: "accept" }),
    chain("inet", names.table, "input", { hook: "input", policy: "accept" }),
  ];
  expect(
    readBarriers(JSON.stringify({ nftables: [{ metainfo: {} }, ...listed] })).map(
      ({ hook, owner }) => `${owner} ${hook}`,
    ),
  ).toEqual(["docker forward", "ufw input", "firewalld input"]);
});

test("facts come from what the host's programs say", () => {
  const raw: Raw = {
    wanted: plan,
    missing: [],
    host: { links: [], routes: [{ destination: "10.77.8.0/24", device: "wg0" }] },
    passesOn: true,
    isServed: true,
    leases: "1790000000 52:54:00:aa:bb:01 10.77.0.2 * *\n",
  };
  const facts = factsFrom(raw, names);
  expect(facts.networks[0]).toMatchObject({ isThere: false, obstacle: { destination: "10.77.8.0/24", device: "wg0" } });
  expect(facts.ports.map(({ name, hasLease }) => `${name} ${hasLease}`)).toEqual(["web true", "db false", "a false"]);
});
