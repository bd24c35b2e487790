/** How this host finds `NAME.strata`: systemd-resolved is told, link by link, whom to ask (resolvectl(1)). Pure. */
import type { World } from "../../events/world.ts";
import { domain } from "../../model/domain.ts";
import { ownAddresses } from "../../model/subnet.ts";
import type { Check } from "../../model/check.ts";
import { planNetworks } from "../networks/plan.ts";

/** A bridge, and the address at which its name server answers. */
export interface NamedLink {
  readonly link: string;
  readonly server: string;
}

/** Bridges that instances run on. Those of the user-mode network have no address that the host reaches. */
export const namedLinks = (
  world: Pick<World, "networks" | "instances">,
  bridgeOf: (network: string) => string,
): NamedLink[] =>
  planNetworks(world, "bridge").networks.map(({ name, subnet }) => ({
    link: bridgeOf(name),
    server: ownAddresses(subnet).bridge,
  }));

/** Names below `strata` alone are asked there. What a link is told goes with the link. */
export const tellingWords = ({ link, server }: NamedLink): string[][] => [
  ["resolvectl", "dns", link, server],
  ["resolvectl", "domain", link, `~${domain}`],
  ["resolvectl", "default-route", link, "no"],
];

export const revertingWords = ({ link }: Pick<NamedLink, "link">): string[] => ["resolvectl", "revert", link];

export interface HostNames {
  /** The setting. */
  readonly isOn: boolean;
  readonly links: number;
  /** Why the host does not know the names, as far as was tried. */
  readonly problem?: string;
}

/** Nothing where they are not wanted. */
export function checkHostNames({ isOn, links, problem }: HostNames): Check[] {
  const name = "host names";
  const next = "strata ssh-config --write";
  if (!isOn) return [];
  if (problem !== undefined)
    return [{ name, verdict: "fail", found: `NAME.strata is not found here: ${problem}`, next }];
  if (links > 0)
    return [{ name, verdict: "ok", found: `NAME.strata is asked for on ${links} bridge${links === 1 ? "" : "s"}` }];
  const found = "no instance runs on a bridge, and addresses of the user-mode network are not reached from this host";
  return [{ name, verdict: "warn", found, next }];
}
