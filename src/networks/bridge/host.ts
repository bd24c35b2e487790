/** What the host's network is now, as `ip -j` (iproute2) tells it. */
import { z } from "zod";

export interface Link {
  readonly name: string;
  /** `bridge`, `tun`, `veth`, ...; absent for a real card. */
  readonly kind?: string;
  readonly mac: string;
  /** The bridge that it is in. */
  readonly master?: string;
  readonly alias?: string;
  readonly isUp: boolean;
  /** Of a tap: the account that may use it. */
  readonly owner?: number;
  /** IPv4 addresses that people or programs gave it, with their length: `10.77.0.1/16`. */
  readonly addresses: readonly string[];
  /** The same, in the words by which `ip address add` would give them again. */
  readonly assigned: readonly string[];
}

export interface Route {
  /** `10.77.0.0/16`, a single address, or `default`. */
  readonly destination: string;
  readonly device: string;
  /** In the words by which `ip route add` would make it again on another link; absent: the kernel made it, or it is of a table beside the main one. */
  readonly assigned?: string;
}

export interface HostNetwork {
  readonly links: readonly Link[];
  /** Of IPv4, without those of the host's own addresses. */
  readonly routes: readonly Route[];
}

const RawLink = z.looseObject({
  ifname: z.string(),
  address: z.string().optional(),
  master: z.string().optional(),
  ifalias: z.string().optional(),
  flags: z.array(z.string()),
  linkinfo: z
    .looseObject({
      info_kind: z.string().optional(),
      info_data: z.looseObject({ user: z.union([z.int(), z.string()]).optional() }).optional(),
    })
    .optional(),
  addr_info: z
    .array(
      z.looseObject({ family: z.string(), local: z.string(), prefixlen: z.int(), broadcast: z.string().optional() }),
    )
    .optional(),
});

const RawRoute = z.looseObject({
  type: z.string().optional(),
  dst: z.string(),
  dev: z.string().optional(),
  gateway: z.string().optional(),
  metric: z.int().optional(),
  protocol: z.string().optional(),
  scope: z.string().optional(),
  prefsrc: z.string().optional(),
  table: z.string().optional(),
  flags: z.array(z.string()).optional(),
});

/** Words of `ip` whose answers `readHost` takes. */
export const linkWords = ["-j", "-d", "-N", "addr", "show"] as const;
export const routeWords = ["-j", "-4", "route", "show", "table", "all"] as const;

/** Throws for what is none of its answers. */
export function readHost(links: string, routes: string): HostNetwork {
  return {
    links: z.array(RawLink).parse(fromJson(links)).map(linkOf),
    routes: z
      .array(RawRoute)
      .parse(fromJson(routes))
      .filter(({ type, dev }) => dev !== undefined && (type === undefined || type === "unicast"))
      .map(routeOf),
  };
}

/** With nothing to tell, it prints nothing at all. */
const fromJson = (text: string): unknown => JSON.parse(text.trim() === "" ? "[]" : text);

function linkOf({
  ifname,
  address: mac = "",
  master,
  ifalias,
  flags,
  linkinfo,
  addr_info = [],
}: z.infer<typeof RawLink>): Link {
  const user = linkinfo?.info_data?.user;
  const own = addr_info.filter(({ family }) => family === "inet");
  const address = (each: (typeof own)[number]) => `${each.local}/${each.prefixlen}`;
  return {
    name: ifname,
    mac,
    isUp: flags.includes("UP"),
    addresses: own.map(address),
    assigned: own.map((each) => `${address(each)}${each.broadcast === undefined ? "" : ` brd ${each.broadcast}`}`),
    ...(linkinfo?.info_kind !== undefined && { kind: linkinfo.info_kind }),
    ...(master !== undefined && { master }),
    ...(ifalias !== undefined && { alias: ifalias }),
    ...(user !== undefined && { owner: Number(user) }),
  };
}

function routeOf({ dst, dev = "", ...more }: z.infer<typeof RawRoute>): Route {
  const isAssigned = more.protocol !== "kernel" && more.table === undefined;
  return { destination: dst, device: dev, ...(isAssigned && { assigned: [dst, ...routeWordsOf(more)].join(" ") }) };
}

function routeWordsOf({
  gateway,
  metric,
  protocol,
  scope,
  prefsrc,
  flags = [],
}: Partial<z.infer<typeof RawRoute>>): string[] {
  const word = (name: string, value: string | number | undefined) => (value === undefined ? [] : [`${name} ${value}`]);
  return [
    ...word("via", gateway),
    ...word("proto", protocol),
    ...word("scope", scope),
    ...word("src", prefsrc),
    ...word("metric", metric),
    ...(flags.includes("onlink") ? ["onlink"] : []),
  ];
}
