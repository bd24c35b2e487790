/** Subnets against what the host has already: which one a network can have, and what stands in the way of another. */
import { UserError } from "../../errors.ts";
import { formatAddress, overlap, readHosts } from "../../model/subnet.ts";
import type { Route } from "./host.ts";

/** Tried in this order; wide enough that somewhere in them is room beside any office's network. */
const candidates: readonly string[] = [
  "10.77.0.0/16",
  ...Array.from({ length: 20 }, (_, index) => `10.${78 + index}.0.0/16`),
  ...Array.from({ length: 12 }, (_, index) => `172.${20 + index}.0.0/16`),
  ...Array.from({ length: 156 }, (_, index) => `192.168.${100 + index}.0/24`),
];

/** Routes for larger parts of the internet say nothing about an address: a VPN's two halves of it are its default. */
const prefixMin = 4;

/** The route that a subnet would collide with; `links` are ours, and routes over them no obstacle. */
export function collision(subnet: string, routes: readonly Route[], links: ReadonlySet<string>): Route | undefined {
  const wanted = readHosts(subnet);
  return routes.find(({ destination, device }) => {
    const range = readHosts(destination);
    const isPart = range !== undefined && range.size <= 2 ** (32 - prefixMin);
    return isPart && wanted !== undefined && !links.has(device) && overlap(range, wanted);
  });
}

/** A subnet that collides with no route of the host and none of `taken`. Throws `subnet-taken` where all do. */
export function chooseSubnet(
  routes: readonly Route[],
  links: ReadonlySet<string> = new Set(),
  taken: readonly string[] = [],
): string {
  const all = [...routes, ...taken.map((destination) => ({ destination, device: "" }))];
  const free = candidates.find((subnet) => collision(subnet, all, links) === undefined);
  if (free !== undefined) return free;
  throw new UserError("subnet-taken", "the host has routes into all private subnets that a network could have", {
    hints: [["next", "strata network create NAME --subnet 10.90.0.0/24"]],
  });
}

/** Throws `subnet-taken`, naming the route. */
export function checkSubnet(
  network: string,
  subnet: string,
  routes: readonly Route[],
  links: ReadonlySet<string>,
): void {
  const found = collision(subnet, routes, links);
  if (!found) return;
  const { destination, device } = found;
  throw new UserError(
    "subnet-taken",
    `the network "${network}" is ${subnet}, and the host reaches ${destination} over ${device}`,
    {
      hints: [
        ["why", "a VPN or another program's bridge has a route there"],
        ["next", `ip route show ${destination}`],
      ],
    },
  );
}

/** The broadcast address, and how many bits name the network. */
export function maskOf(subnet: string): string {
  const bits = Number(subnet.split("/")[1]);
  return formatAddress(2 ** 32 - 2 ** (32 - bits));
}
