/** What a passphrase becomes before it is kept: scrypt (RFC 7914), on the runtime's own threads. */
import { scrypt, timingSafeEqual } from "node:crypto";

/** 16 MiB for some tenths of a second. */
const cost = { N: 2 ** 14, r: 8, p: 5 };
const bytes = 64;

export function scryptHash(text: string, salt: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) =>
    scrypt(text, salt, bytes, cost, (error, hash) => (error ? reject(error) : resolve(hash))),
  );
}

/** In the same time for all that are of one length. */
export const isSameHash = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && timingSafeEqual(a, b);
