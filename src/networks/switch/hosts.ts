/** Names that instances may speak to, and the addresses that the host finds for them. */
import { readAddress } from "../../model/subnet.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Port, Table } from "./table.ts";

/** How long an address counts after it was last found for a name: longer than a guest remembers it. */
const learnedMs = 600_000;
/** How long an answer of the host is good for the next question. */
const freshMs = 30_000;
const renewMs = 60_000;
/** For one name; a large site has some dozens. */
const addressesMax = 256;

export interface Hosts {
  /** Addresses of an allowed name. */
  find(name: string): Promise<readonly string[]>;
  isLearned(port: Port, address: number): boolean;
  /** Names of the table are looked up now and from time to time; those of no port any more are forgotten. */
  watch(table: Table): void;
  close(): void;
}

interface Known {
  /** When each was last found. */
  readonly seenMs: Map<number, number>;
  found: Promise<readonly string[]>;
  askedMs: number;
}

export function createHosts(resolve: (name: string) => Promise<readonly string[]>, clock: Clock): Hosts {
  const known = new Map<string, Known>();
  let names: ReadonlySet<string> = new Set();

  const find = (name: string): Promise<readonly string[]> => {
    const entry = known.get(name) ?? { seenMs: new Map(), found: Promise.resolve([]), askedMs: -Infinity };
    known.set(name, entry);
    if (clock.monotonicMs() - entry.askedMs < freshMs) return entry.found;
    entry.askedMs = clock.monotonicMs();
    entry.found = resolve(name).then((addresses) => {
      learn(entry, addresses, clock.monotonicMs());
      return addresses;
    });
    return entry.found;
  };
  const renew = () => {
    for (const name of names) void find(name);
    cancel = clock.after(renewMs, renew);
  };
  let cancel = clock.after(renewMs, renew);
  return {
    find,
    isLearned({ outside }, address) {
      if (outside === "all") return true;
      const floor = clock.monotonicMs() - learnedMs;
      return outside.names.values().some((name) => (known.get(name)?.seenMs.get(address) ?? -Infinity) > floor);
    },
    watch(table) {
      names = new Set([...table.values()].flatMap(({ outside }) => (outside === "all" ? [] : [...outside.names])));
      for (const name of known.keys()) if (!names.has(name)) known.delete(name);
      for (const name of names) void find(name);
    },
    close: () => cancel(),
  };
}

function learn({ seenMs }: Known, addresses: readonly string[], nowMs: number): void {
  for (const text of addresses) {
    const address = readAddress(text);
    if (address === undefined) continue;
    seenMs.delete(address);
    seenMs.set(address, nowMs);
  }
  // The oldest stand first.
  for (const address of [...seenMs.keys()].slice(0, Math.max(0, seenMs.size - addressesMax))) seenMs.delete(address);
}
