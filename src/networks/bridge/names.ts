/** What our links and tables are called: the same for ever, made of the data directory and of what they are for. */
import { sha256 } from "../../sys/hash.ts";

/** Names of one data directory's things on the host. */
export interface Names {
  /** Every link of ours begins so; links are ours if they carry `alias` too, or none yet. */
  readonly prefix: string;
  readonly alias: string;
  /** Of nftables, in the families `inet` and `bridge`. */
  readonly table: string;
  /** The bridge of a network. */
  bridge(network: string): string;
  /** The tap of an instance's card; 0 is the one in its network. */
  tap(instance: string, card?: number): string;
  /** Of a bridge: a locally administered address, which does not change as cards come and go. */
  mac(network: string): string;
  /** The set of addresses that the names in an instance's list stand for. */
  set(instance: string): string;
}

/** A link's name has 15 characters at most (IFNAMSIZ, without the end). */
const family = "strata-";
const directoryCharacters = 2;
const thingCharacters = 6;

export function namesFor(dataDirectory: string): Names {
  const digest = digestOf(`directory ${dataDirectory}`);
  const prefix = family + letters(digest, directoryCharacters);
  const tag = Buffer.from(digest).toString("hex", 0, 6);
  return {
    prefix,
    alias: `strata ${tag}`,
    table: `strata_${tag}`,
    bridge: (network) => prefix + letters(digestOf(`network ${network}`), thingCharacters),
    tap: (instance, card = 0) => prefix + letters(digestOf(`card ${instance} ${card}`), thingCharacters),
    mac: (network) => `02:${[...digestOf(`${tag} ${network}`).subarray(0, 5)].map(hexByte).join(":")}`,
    set: (instance) => `names_${instance.slice(-12)}`,
  };
}

const digestOf = (text: string): Uint8Array => sha256(new TextEncoder().encode(text));
const hexByte = (byte: number): string => byte.toString(16).padStart(2, "0");

/** A digest's beginning in letters and digits. */
function letters(digest: Uint8Array, count: number): string {
  const number = digest.subarray(0, 6).reduce((sum, byte) => sum * 256 + byte, 0);
  return (number % 36 ** count).toString(36).padStart(count, "0");
}
