/** IPv4 addresses and subnets as text and as numbers (RFC 4632): what is inside which, what overlaps, and which addresses are a network's own. */
import { UserError, exitCodes } from "../errors.ts";

/** A range of addresses: its first one as a number, and how many there are. */
export interface Range {
  readonly first: number;
  readonly size: number;
}

/** The network of every instance that asks for no other, behind the user-mode network of its machine. */
export const defaultSubnet = "10.77.0.0/16";

/** Fewer addresses than a /28 has are hardly a network, more than a /16 has nobody needs. */
const prefixMin = 16;
const prefixMax = 28;
/** RFC 1918. */
const privateRanges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(rangeOf);
const subnetForm = `a private subnet, for example 10.90.0.0/24; /${prefixMin} to /${prefixMax}`;

/** Undefined for what is no address: four numbers of at most 255, none with a zero in front. */
export function readAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export const formatAddress = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");

/** `10.0.0.0/8` in numbers; undefined for what is none, or whose host part is not zero. */
export function readRange(text: string): Range | undefined {
  const [, address = "", length = ""] = /^([\d.]+)\/(0|[1-9]\d?)$/.exec(text) ?? [];
  const first = readAddress(address);
  const size = 2 ** (32 - Number(length));
  return first === undefined || Number(length) > 32 || first % size !== 0 ? undefined : { first, size };
}

/** A subnet, or one address alone. */
export const readHosts = (text: string): Range | undefined => readRange(text.includes("/") ? text : `${text}/32`);

/** Of text that was checked before. */
export function rangeOf(subnet: string): Range {
  const range = readRange(subnet);
  if (range) return range;
  throw new Error(`bug: "${subnet}" is no subnet`);
}

export const holds = ({ first, size }: Range, address: number): boolean => address >= first && address < first + size;
export const overlap = (a: Range, b: Range): boolean => a.first < b.first + b.size && b.first < a.first + a.size;

/** The subnet itself. Throws `subnet-invalid`. */
export function parseSubnet(text: string): string {
  const range = readRange(text);
  const bits = Number(text.split("/")[1]);
  const isPrivate = range !== undefined && privateRanges.some((each) => holds(each, range.first));
  if (isPrivate && bits >= prefixMin && bits <= prefixMax) return text;
  const meant = meantSubnet(text);
  throw new UserError("subnet-invalid", `"${text}" is no subnet for a network`, {
    exit: exitCodes.usage,
    hints: [...(meant === undefined ? [] : [["did you mean", meant] as const]), ["form", subnetForm]],
  });
}

/** With the host part taken away, where that is all that is wrong. */
function meantSubnet(text: string): string | undefined {
  const [address = "", length = "24"] = text.split("/");
  const bits = Number(length);
  const number = readAddress(address);
  if (number === undefined || !(bits >= prefixMin && bits <= prefixMax)) return undefined;
  const size = 2 ** (32 - bits);
  return privateRanges.some((each) => holds(each, number))
    ? `${formatAddress(number - (number % size))}/${bits}`
    : undefined;
}

/** The text itself. Throws `address-invalid`. */
export function parseAddress(text: string): string {
  if (readAddress(text) !== undefined) return text;
  throw new UserError("address-invalid", `"${text}" is no IPv4 address`, {
    exit: exitCodes.usage,
    hints: [["form", "four numbers, for example 10.77.0.20"]],
  });
}

/** Addresses of a network that no instance has. */
export interface OwnAddresses {
  /** Of the bridge, where the network is one. */
  readonly bridge: string;
  /** Where the user-mode network of a machine is the way out, and where it answers questions for names. */
  readonly gateway: string;
  readonly dns: string;
}

/** The second, and the last two before the broadcast address. */
export function ownAddresses(subnet: string): OwnAddresses {
  const { first, size } = rangeOf(subnet);
  return {
    bridge: formatAddress(first + 1),
    gateway: formatAddress(first + size - 2),
    dns: formatAddress(first + size - 3),
  };
}

/** From the first to the last that an instance may have. */
export function guestRange(subnet: string): Range {
  const { first, size } = rangeOf(subnet);
  return { first: first + 2, size: size - 5 };
}
