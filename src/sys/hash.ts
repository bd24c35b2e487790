/** SHA-256, the one hash of the log, of images and of layers. */

/** Length of a digest. */
export const sha256Bytes = 32;

/** Digest as lower-case hexadecimal. */
export function sha256Hex(bytes: Uint8Array): string {
  return Bun.SHA256.hash(bytes, "hex");
}

/** Digest written into `into` (32 bytes): no garbage, for loops over millions of lines. */
export function sha256Into(bytes: Uint8Array, into: Uint8Array): void {
  Bun.SHA256.hash(bytes, into);
}

/** Digest as bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(sha256Bytes);
  Bun.SHA256.hash(bytes, digest);
  return digest;
}

/** HMAC-SHA-256 (RFC 2104) of a text. */
export const hmacSha256 = (key: Uint8Array, text: string): Uint8Array =>
  new Bun.CryptoHasher("sha256", key).update(text).digest();

/** Digest of bytes that come in pieces. */
export interface Hash {
  update(bytes: Uint8Array): void;
  /** Ends it: lower-case hexadecimal. */
  hex(): string;
}

export const createSha256 = (): Hash => createHash("sha256");

/** Also SHA-512, which some publishers of images use. */
export function createHash(algorithm: "sha256" | "sha512"): Hash {
  const hasher = new Bun.CryptoHasher(algorithm);
  return { update: (bytes) => void hasher.update(bytes), hex: () => hasher.digest("hex") };
}
