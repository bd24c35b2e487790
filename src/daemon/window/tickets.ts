/** Secrets that are good for one use and a short time. Only their hashes are kept. */
import type { Clock } from "../../sys/clock.ts";
import { sha256Hex } from "../../sys/hash.ts";
import type { Ids } from "../../sys/ids.ts";

const secretBytes = 32;

/** 256 bits, in letters that a URL and a header take. */
export const newSecret = (ids: Pick<Ids, "bytes">): string => Buffer.from(ids.bytes(secretBytes)).toString("base64url");

export const hashOfSecret = (secret: string): string => sha256Hex(new TextEncoder().encode(secret));

export interface Tickets<Value> {
  /** Undefined: as many as may be are out. */
  issue(value: Value): string | undefined;
  /** What it was issued for; undefined for one that is unknown, used or late. It is used now. */
  redeem(secret: string): Value | undefined;
  /** Those that are out and in time. */
  values(): Value[];
  /** Takes back those of `isMeant`. */
  revoke(isMeant: (value: Value) => boolean): void;
}

interface Issued<Value> {
  readonly value: Value;
  readonly untilMs: number;
}

export function createTickets<Value>(
  { clock, ids }: { readonly clock: Pick<Clock, "monotonicMs">; readonly ids: Pick<Ids, "bytes"> },
  { lifeMs, max }: { readonly lifeMs: number; readonly max: number },
): Tickets<Value> {
  const issued = new Map<string, Issued<Value>>();
  const drop = (isMeant: (one: Issued<Value>) => boolean): void => {
    for (const [hash, one] of issued) if (isMeant(one)) issued.delete(hash);
  };
  const dropLate = (): void => drop(({ untilMs }) => untilMs <= clock.monotonicMs());
  return {
    issue(value) {
      dropLate();
      if (issued.size >= max) return undefined;
      const secret = newSecret(ids);
      issued.set(hashOfSecret(secret), { value, untilMs: clock.monotonicMs() + lifeMs });
      return secret;
    },
    redeem(secret) {
      dropLate();
      const hash = hashOfSecret(secret);
      const found = issued.get(hash);
      issued.delete(hash);
      return found?.value;
    },
    values() {
      dropLate();
      return [...issued.values()].map(({ value }) => value);
    },
    revoke: (isMeant) => drop(({ value }) => isMeant(value)),
  };
}
