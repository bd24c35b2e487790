/** Who has a port of this host: the tables of /proc/net (proc_net(5)), and the processes that hold a socket. Linux only. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { everywhere, type HostPort } from "../model/forward.ts";

/** A line of /proc/net/tcp and its like that stands in the way. */
export interface HeldSocket {
  readonly inode: string;
  readonly uid: number;
}

export interface PortHolder {
  /** Of its account, where the process itself may not be looked at. */
  readonly uid: number;
  readonly program?: { readonly pid: number; readonly name: string };
}

/** TCP_LISTEN; sockets of UDP are in a state of their own (TCP_CLOSE), and all count. */
const listening = "0A";
/** Before an IPv4 address in a table of IPv6: `::ffff:`, as four words in the host's order. */
const mapped = "0000000000000000FFFF0000";
const anyIPv6 = "0".repeat(32);

/** Sockets in a table (`/proc/net/tcp`, `udp6` ...) that keep anybody else from opening the port. */
export function heldSockets(table: string, wanted: HostPort): HeldSocket[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, local = "", , state, , , , uid, , inode] = line.trim().split(/\s+/);
      const [address = "", port = ""] = local.split(":");
      const isOpen = wanted.protocol === "udp" || state === listening;
      const isSame = Number.parseInt(port, 16) === wanted.host && isInTheWay(address, wanted.bind);
      return isOpen && isSame && inode !== undefined ? [{ inode, uid: Number(uid) }] : [];
    });
}

function isInTheWay(address: string, bind: string): boolean {
  if (address === anyIPv6) return true;
  const ipv4 = address.length === 8 ? address : address.startsWith(mapped) ? address.slice(mapped.length) : undefined;
  if (ipv4 === undefined) return false;
  const dotted = dottedOf(ipv4);
  return dotted === bind || dotted === everywhere || bind === everywhere;
}

/** A word in the host's order, which is little-endian wherever this runs. */
const dottedOf = (word: string): string =>
  [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16)).join(".");

/** Undefined: nobody that can be seen. */
export function findHolder(wanted: HostPort): PortHolder | undefined {
  if (process.platform !== "linux") return undefined;
  const tables = [wanted.protocol, `${wanted.protocol}6`].map((name) => textOf(`/proc/net/${name}`));
  const [held] = tables.flatMap((table) => heldSockets(table, wanted));
  if (!held) return undefined;
  const pid = processWith(`socket:[${held.inode}]`);
  if (pid === undefined) return { uid: held.uid };
  return { uid: held.uid, program: { pid, name: textOf(`/proc/${pid}/comm`).trim() } };
}

/** The process that has such a descriptor, if we may look at it. */
function processWith(target: string): number | undefined {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => linksOf(`/proc/${pid}/fd`).includes(target));
  return found === undefined ? undefined : Number(found);
}

/** What is gone or not for us has none. */
function linksOf(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => linkOf(`${folder}/${name}`));
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
