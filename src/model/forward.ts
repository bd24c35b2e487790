/** Ports of the host that lead into an instance: how people write them, and how they are told. */
import { UserError, exitCodes } from "../errors.ts";
import { readAddress } from "./subnet.ts";

export type Protocol = "tcp" | "udp";

/** A port of the host, at one of its addresses or (`0.0.0.0`) all of them. */
export interface HostPort {
  readonly protocol: Protocol;
  /** IPv4 address of the host. */
  readonly bind: string;
  readonly host: number;
}

export interface Forward extends HostPort {
  readonly guest: number;
}

export const loopback = "127.0.0.1";
/** Every address of the host. */
export const everywhere = "0.0.0.0";
/** Of one instance. */
export const forwardsMax = 256;

const portMax = 65_535;
export const forwardForm = "[BIND:][HOSTPORT:]GUESTPORT[/udp], for example 8080:80, 0.0.0.0:5353:53/udp, or 80";
const removeForm = "[BIND:]HOSTPORT[/udp], for example 8080 or 5353/udp";

/** `8080:80`, `0.0.0.0:8080:80`, `5353:53/udp`; without a host port, or with 0, one that is free is chosen: `host` is 0. Throws `forward-invalid`. */
export function parseForward(text: string): Forward {
  const wrong = (why?: string) => invalid(text, forwardForm, why);
  const { parts, protocol } = split(text, wrong);
  if (parts.length > 3) throw wrong("addresses are those of IPv4");
  const guest = portOf(parts.at(-1), wrong, 1);
  const host = parts.length < 2 || parts.at(-2) === "" ? 0 : portOf(parts.at(-2), wrong, 0);
  return { protocol, bind: bindOf(parts.length === 3 ? parts[0] : undefined, wrong) ?? loopback, host, guest };
}

/** Which forward is meant: `8080`, `5353/udp`, `0.0.0.0:8080`, or all of it as it was added. Throws `forward-invalid`. */
export function parseHostPort(text: string): Pick<HostPort, "protocol" | "host"> & { readonly bind?: string } {
  const wrong = (why?: string) => invalid(text, removeForm, why);
  const { parts, protocol } = split(text, wrong);
  const [first = "", second, third] = parts;
  const hasBind = first.includes(".");
  const bind = hasBind ? bindOf(first, wrong) : undefined;
  const host = portOf(hasBind ? second : first, wrong, 1);
  const guest = hasBind ? third : second;
  if (parts.length > (hasBind ? 3 : 2)) throw wrong();
  if (guest !== undefined) portOf(guest, wrong, 1);
  return { protocol, host, ...(bind !== undefined && { bind }) };
}

type Wrong = (why?: string) => UserError;

function split(text: string, wrong: Wrong): { readonly parts: readonly string[]; readonly protocol: Protocol } {
  const [ports = "", protocol = "tcp", ...rest] = text.split("/");
  if (rest.length > 0 || (protocol !== "tcp" && protocol !== "udp")) throw wrong("a protocol is tcp or udp");
  return { parts: ports.split(":"), protocol };
}

function portOf(text: string | undefined, wrong: Wrong, least: 0 | 1): number {
  const port = /^\d{1,5}$/.test(text ?? "") ? Number(text) : -1;
  if (port >= least && port <= portMax) return port;
  throw wrong(`a port is a whole number from ${least} to ${portMax}`);
}

function bindOf(text: string | undefined, wrong: Wrong): string | undefined {
  if (text === undefined) return undefined;
  if (isAddress(text)) return text;
  throw wrong("BIND is an IPv4 address of this host, or 0.0.0.0 for all of them");
}

/** An IPv4 address, without leading zeros. */
export const isAddress = (text: string): boolean => readAddress(text) !== undefined;

const invalid = (text: string, form: string, why?: string): UserError =>
  new UserError("forward-invalid", `"${text}" names no port${why === undefined ? "" : `: ${why}`}`, {
    exit: exitCodes.usage,
    hints: [["form", form]],
  });

/** `8080/tcp`; with its address where that is not the host's own loopback: `0.0.0.0:8080/tcp`. */
export const formatHostPort = ({ bind, host, protocol }: HostPort): string =>
  `${bind === loopback ? "" : `${bind}:`}${host}/${protocol}`;

/** As it is typed: `8080:80`, `0.0.0.0:5353:53/udp`. */
export const formatForward = ({ bind, host, guest, protocol }: Forward): string =>
  `${bind === loopback ? "" : `${bind}:`}${host}:${guest}${protocol === "tcp" ? "" : `/${protocol}`}`;

/** The key of its configuration: `forward:8080/tcp`. */
export const forwardKey = (port: HostPort): string => `forward:${formatHostPort(port)}`;

/** Where a program of the host reaches it. */
export const reachedAt = ({ bind, host }: HostPort): string => `${bind === everywhere ? loopback : bind}:${host}`;

export const isSamePort = (one: HostPort, other: HostPort): boolean =>
  one.protocol === other.protocol && one.host === other.host && one.bind === other.bind;

/** Cannot both be open. */
export const isClash = (one: HostPort, other: HostPort): boolean =>
  one.protocol === other.protocol &&
  one.host === other.host &&
  (one.bind === other.bind || one.bind === everywhere || other.bind === everywhere);
