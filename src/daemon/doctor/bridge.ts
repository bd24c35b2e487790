/** Checks of bridge networks: why an instance has no address, no way out or no SSH, and the command that helps. */
import type { Check } from "../../model/check.ts";
import { tunDevice } from "../../networks/bridge/facts.ts";
import type { Barrier, BridgeFacts } from "../../networks/bridge/facts.ts";
import { packages } from "../../networks/bridge/tools.ts";

/** `unreachable`: names of running instances whose SSH did not answer in time. */
export function checkBridge(facts: BridgeFacts, unreachable: readonly string[] = []): Check[] {
  const checks = [
    ...checkTools(facts),
    ...checkTun(facts),
    ...checkRoutes(facts),
    ...checkBridges(facts),
    ...checkServer(facts),
    ...checkPassingOn(facts),
    ...checkForwarding(facts),
    ...checkAddresses(facts),
    ...checkSsh(facts, unreachable),
  ];
  if (checks.length > 0) return checks;
  const found = facts.networks.map(({ name, subnet, bridge }) => `${name} ${subnet} on ${bridge}`).join(", ");
  return [{ name: "bridge", verdict: "ok", found: found === "" ? "none is needed now" : found }];
}

function checkTools({ missing }: BridgeFacts): Check[] {
  if (missing.length === 0) return [];
  const next = `apt-get install --no-install-recommends ${missing.map((tool) => packages[tool]).join(" ")}`;
  return [
    { name: "bridge", verdict: "fail", found: `the host lacks ${missing.join(", ")}: no bridge can be made`, next },
  ];
}

/** Open to all, as udev makes it: it gives nobody a tap that is not theirs. */
const openToAll = 0o006;

function checkTun({ tunMode, networks }: BridgeFacts): Check[] {
  if (networks.length === 0 || (tunMode !== undefined && (tunMode & openToAll) === openToAll)) return [];
  const isMissing = tunMode === undefined;
  const what = isMissing
    ? "is missing"
    : `is closed to the accounts of machines (mode ${(tunMode & 0o777).toString(8)})`;
  const next = isMissing ? "modprobe tun" : `chmod 0666 ${tunDevice}`;
  return [{ name: "tun", verdict: "fail", found: `${tunDevice} ${what}: none on a bridge can start`, next }];
}

/** A VPN that came up later takes the guests' subnet away. */
function checkRoutes({ networks }: BridgeFacts): Check[] {
  return networks.flatMap(({ name, subnet, obstacle }): Check[] => {
    if (!obstacle) return [];
    const { destination, device } = obstacle;
    const what = isTunnel(device) ? `the VPN on ${device}` : device;
    const found = `${name} is ${subnet}, and the host has a route to ${destination} over ${what}`;
    return [{ name: "route", verdict: "fail", found, next: `ip route delete ${destination} dev ${device}` }];
  });
}

const isTunnel = (device: string): boolean => /^(?:tun|wg|ppp|utun|tailscale|nebula|vpn|cscotun|gpd)/.test(device);

function checkBridges({ missing, networks }: BridgeFacts): Check[] {
  const lost = networks.filter(({ isThere }) => !isThere);
  if (missing.length > 0 || lost.length === 0) return [];
  const found = `${lost.map(({ name, bridge }) => `${bridge} of ${name}`).join(", ")} is gone`;
  return [{ name: "bridge", verdict: "fail", found, next: "strata daemon stop" }];
}

function checkServer({ missing, networks, isServed }: BridgeFacts): Check[] {
  if (isServed || networks.length === 0 || missing.includes("dnsmasq")) return [];
  const next = "ss -lnptu '( sport = :67 or sport = :53 )'";
  return [{ name: "dnsmasq", verdict: "fail", found: "it does not run: no addresses, and no names", next }];
}

function checkPassingOn({ networks, passesOn }: BridgeFacts): Check[] {
  if (passesOn || networks.every(({ isIsolated }) => isIsolated)) return [];
  const found = "net.ipv4.ip_forward is 0: instances do not reach the outside";
  return [{ name: "ip_forward", verdict: "fail", found, next: "sysctl -w net.ipv4.ip_forward=1" }];
}

function checkForwarding({ networks, barriers }: BridgeFacts): Check[] {
  const [bridge] = networks.filter(({ isIsolated }) => !isIsolated).map((network) => network.bridge);
  if (bridge === undefined) return [];
  return barriers
    .filter(({ hook }) => hook === "forward")
    .map((barrier): Check => {
      const found = `${placeOf(barrier)} drops what it does not know: instances may not reach the outside`;
      return { name: "firewall", verdict: "warn", found, next: letThrough(barrier, bridge) };
    });
}

/** Who has an address got past every firewall, so one is named only where somebody has none. */
function checkAddresses({ ports, networks, barriers, isServed }: BridgeFacts): Check[] {
  const without = ports.filter(({ hasLease }) => !hasLease);
  const [first] = without;
  if (!first || !isServed) return [];
  const names = without.map(({ name }) => name).join(", ");
  const bridge = networks.find(({ name }) => name === first.network)?.bridge ?? "";
  const barrier = barriers.find(({ hook }) => hook === "input");
  if (barrier && without.length === ports.length)
    return [
      {
        name: "address",
        verdict: "fail",
        found: `${names} got no address: ${placeOf(barrier)} may drop DHCP on ${bridge}`,
        next: letThrough(barrier, bridge),
      },
    ];
  const found = `${names} did not ask for an address: its guest has not booted, or its network is not set up`;
  return [{ name: "address", verdict: "warn", found, next: `strata console ${first.name}` }];
}

function checkSsh({ ports }: BridgeFacts, unreachable: readonly string[]): Check[] {
  return ports
    .filter(({ name, hasLease }) => hasLease && unreachable.includes(name))
    .map(({ name, address }): Check => {
      const found = `${name} has its address ${address}, and SSH does not answer there`;
      return { name: "ssh", verdict: "warn", found, next: `strata console ${name}` };
    });
}

const owners = { docker: "Docker's firewall", ufw: "ufw", firewalld: "firewalld", other: "a firewall" } as const;

const placeOf = ({ family, table, chain, owner }: Barrier): string => `${owners[owner]} (${family} ${table}, ${chain})`;

function letThrough({ family, table, chain, hook, owner }: Barrier, bridge: string): string {
  if (owner === "firewalld") return `firewall-cmd --zone=trusted --add-interface=${bridge}`;
  if (owner === "ufw") return hook === "input" ? `ufw allow in on ${bridge}` : `ufw route allow in on ${bridge}`;
  const rule = (chainName: string) =>
    ["iifname", ...(hook === "forward" ? ["oifname"] : [])]
      .map((side) => `nft insert rule ${family} ${table} ${chainName} ${side} ${bridge} accept`)
      .join(" && ");
  return rule(owner === "docker" ? "DOCKER-USER" : chain);
}
