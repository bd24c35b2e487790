/** Ed25519, by the runtime's own implementation. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

/** Lengths in bytes (RFC 8032). */
export const seedBytes = 32;
export const publicKeyBytes = 32;

/** What stands before the 32 bytes of a key in PKCS #8 and in SubjectPublicKeyInfo (RFC 8410). */
const privatePrefix = Buffer.from("302e020100300506032b657004220420", "hex");
const publicPrefix = Buffer.from("302a300506032b6570032100", "hex");

export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The key as PKCS #8 in PEM. A secret: never in a log, an event or an error. */
  readonly secretPem: string;
  /** 64 bytes, the same for the same message. */
  sign(message: Uint8Array): Uint8Array;
}

/** `seed`: 32 random bytes. */
export function signingKeyOf(seed: Uint8Array): SigningKey {
  return fromObject(createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: "der", type: "pkcs8" }));
}

/** Undefined when the text holds no Ed25519 key. */
export function parseSigningKey(pem: string): SigningKey | undefined {
  try {
    const key = createPrivateKey(pem);
    return key.asymmetricKeyType === "ed25519" ? fromObject(key) : undefined;
  } catch {
    // The reason could quote the secret.
    return undefined;
  }
}

function fromObject(key: KeyObject): SigningKey {
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(publicPrefix.length);
  const secretPem = key.export({ format: "pem", type: "pkcs8" }).toString();
  return { publicKey, secretPem, sign: (message) => sign(null, message, key) };
}

/** False also for what is no key or no signature at all. */
export function isSignature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const key = createPublicKey({ key: Buffer.concat([publicPrefix, publicKey]), format: "der", type: "spki" });
    return verify(null, message, key, signature);
  } catch {
    return false;
  }
}
