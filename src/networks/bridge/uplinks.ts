/**
 * Ethernet interfaces of the host that instances are bridged to: each is put into a bridge of its own, which takes over its addresses
 * and routes, and gets all of it back. Lines for `ip -batch`, as pure functions; a note made before tells what there was.
 */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { BridgedPlan } from "../network.ts";
import type { HostNetwork, Link } from "./host.ts";
import type { Names } from "./names.ts";

/** What an interface had before; written down before anything is changed, and until all is as it was. */
export const Uplink = z.object({
  interface: z.string(),
  bridge: z.string(),
  mac: z.string(),
  isUp: z.boolean(),
  /** In the words of `ip address` and `ip route`. */
  addresses: z.array(z.string()),
  routes: z.array(z.string()),
});
export type Uplink = z.infer<typeof Uplink>;
export const Uplinks = z.array(Uplink);

/** A link's name has 15 characters at most. */
const bridgeFor = (name: string): string => `br-${name.slice(0, 12)}`;

/**
 * Notes for what is wanted: those that there are, and new ones; a bridge of the host's needs none. Throws `interface-not-found` and
 * `interface-taken`.
 */
export function uplinksFor(
  bridged: readonly BridgedPlan[],
  { links, routes }: HostNetwork,
  noted: readonly Uplink[],
): Uplink[] {
  return [...new Set(bridged.map(({ interface: name }) => name))].flatMap((name): Uplink[] => {
    const known = noted.find((each) => each.interface === name);
    if (known) return [known];
    const link = links.find((each) => each.name === name);
    if (!link) throw notFound(name, links);
    if (link.kind === "bridge") return [];
    const bridge = bridgeFor(name);
    refuseTaken(
      link,
      links.find((each) => each.name === bridge),
    );
    const { mac, isUp, assigned } = link;
    const own = routes.flatMap(({ device, assigned: words }) =>
      device === name && words !== undefined ? [words] : [],
    );
    return [{ interface: name, bridge, mac, isUp, addresses: [...assigned], routes: own }];
  });
}

/** The bridge for the taps of each interface. */
export const mastersOf = (uplinks: readonly Uplink[]): Map<string, string> =>
  new Map(uplinks.map((each) => [each.interface, each.bridge]));

/** From wherever it stands to the interface in its bridge; none when it is so. */
export function enslaveLines(uplink: Uplink, { links }: HostNetwork, names: Names): string[] {
  const { interface: name, bridge, mac, addresses, routes } = uplink;
  const link = links.find((each) => each.name === name);
  const made = links.find((each) => each.name === bridge);
  if (!link) return [];
  const missing = addresses.filter((words) => !made?.assigned.includes(words));
  return [
    ...(made ? [] : [`link add name ${bridge} address ${mac} type bridge stp_state 0 mcast_snooping 0`]),
    ...(made?.alias === names.alias ? [] : [`link set dev ${bridge} alias ${JSON.stringify(names.alias)}`]),
    ...(made?.isUp ? [] : [`link set dev ${bridge} up`]),
    ...(link.master === bridge ? [] : [`link set dev ${name} master ${bridge}`]),
    ...(link.isUp ? [] : [`link set dev ${name} up`]),
    ...link.addresses.map((address) => `address delete ${address} dev ${name}`),
    ...missing.map((words) => `address replace ${words} dev ${bridge}`),
    ...(missing.length + link.addresses.length > 0 || !made ? routeLines(routes, bridge) : []),
  ];
}

/** Back to what it was before. */
export function releaseLines(uplink: Uplink, { links }: HostNetwork): string[] {
  const { interface: name, bridge, isUp, addresses, routes } = uplink;
  const link = links.find((each) => each.name === name);
  return [
    ...(link?.master === bridge ? [`link set dev ${name} nomaster`] : []),
    ...(links.some((each) => each.name === bridge) ? [`link delete dev ${bridge}`] : []),
    // An interface that is gone needs nothing.
    ...(link
      ? [
          ...addresses.map((words) => `address replace ${words} dev ${name}`),
          `link set dev ${name} ${isUp ? "up" : "down"}`,
          ...(isUp ? routeLines(routes, name) : []),
        ]
      : []),
  ];
}

/** A gateway must be reachable before a route leads there. */
const routeLines = (routes: readonly string[], device: string): string[] =>
  routes
    .toSorted((a, b) => Number(a.includes(" via ")) - Number(b.includes(" via ")))
    .map((words) => `route replace ${words.replace(/^\S+/, `$& dev ${device}`)}`);

function refuseTaken({ name, master }: Link, bridge: Link | undefined): void {
  if (master !== undefined)
    throw new UserError("interface-taken", `the interface ${name} is in ${master} already`, {
      hints: [["did you mean", master]],
    });
  if (bridge)
    throw new UserError(
      "interface-taken",
      `${name} needs a bridge of the name ${bridge.name}, which is there and not ours`,
      {
        hints: [["did you mean", bridge.name]],
      },
    );
}

const notFound = (name: string, links: readonly Link[]): UserError =>
  new UserError("interface-not-found", `the host has no interface ${name}`, {
    hints: [
      [
        "form",
        links
          .map((each) => each.name)
          .filter((each) => each !== "lo" && !each.startsWith("strata-"))
          .join(", "),
      ],
      ["next", "strata networks"],
    ],
  });
