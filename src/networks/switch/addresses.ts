/** IPv4 and MAC addresses as numbers, and back. */

/** Undefined: it is no IPv4 address. */
export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export const formatAddress = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");

/** Undefined: it is no MAC address in its usual form. */
export const parseMac = (text: string): number | undefined =>
  /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text) ? Number.parseInt(text.replaceAll(":", ""), 16) : undefined;

export interface Subnet {
  readonly base: number;
  /** How many addresses there are in it. */
  readonly size: number;
}

/** A subnet in CIDR, or one address. Undefined: neither. */
export function parseSubnet(text: string): Subnet | undefined {
  const [word = "", bits = "32", ...rest] = text.split("/");
  const address = parseAddress(word);
  if (address === undefined || rest.length > 0 || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) return undefined;
  const size = 2 ** (32 - Number(bits));
  return { base: address - (address % size), size };
}

export const isWithin = (address: number, { base, size }: Subnet): boolean => address >= base && address < base + size;
