/**
 * How a page and its daemon know each other again after the daemon was gone: whoever else may listen at the port meanwhile
 * must neither get the bearer nor pass for the daemon. HMAC-SHA-256 (RFC 2104) by the SHA-256 of the bearer, over
 * `daemon NONCE` and `page NONCE`, as base64url.
 */
import { hmacSha256, sha256Hex } from "../../sys/hash.ts";

export const proofOf = (who: "daemon" | "page", bearerHash: string, nonce: string): string =>
  Buffer.from(hmacSha256(Buffer.from(bearerHash, "hex"), `${who} ${nonce}`)).toString("base64url");

/** Compared by their hashes, so that time tells nothing. */
export const isSame = (one: string, other: string): boolean => {
  const hash = (text: string) => sha256Hex(new TextEncoder().encode(text));
  return hash(one) === hash(other);
};
