/** Ed25519 key pairs in OpenSSH's text formats: the daemon's own key, and the host key that each guest is given. */
import ssh2 from "ssh2";
import { UserError, assert } from "../errors.ts";
import { sha256 } from "../sys/hash.ts";

export interface KeyPair {
  /** `-----BEGIN OPENSSH PRIVATE KEY-----`, unencrypted, ending in a line feed. A secret: never in a log, an event or an argument. */
  readonly privateKey: string;
  /** `ssh-ed25519 BASE64 COMMENT`, one line without a line feed. */
  readonly publicKey: string;
}

/** Length of an ed25519 public key on the wire: two length fields, the type's name, 32 bytes. */
const publicBytes = 4 + "ssh-ed25519".length + 4 + 32;
const attemptsMax = 16;

const blobOf = (publicKey: string) => Buffer.from(publicKey.split(" ")[1] ?? "", "base64");

/** A new key pair. `comment` is public: it stands in the guest's `authorized_keys`. */
export function makeKeyPair(comment: string): KeyPair {
  assert(/^[\x21-\x7e]+$/.test(comment), "a key's comment is printable and has no space");
  for (let attempt = 1; attempt <= attemptsMax; attempt++) {
    const made = ssh2.utils.generateKeyPairSync("ed25519", { comment });
    // ssh2 writes a public key that starts with a zero byte one byte short (1 in 256): no server takes such a key.
    if (blobOf(made.public).length === publicBytes) {
      return { privateKey: made.private, publicKey: made.public.trim() };
    }
  }
  throw new Error(`bug: ${attemptsMax} key pairs in a row are malformed`);
}

/** The key itself as it travels on the wire, from its public text. Throws `key-invalid`. */
export function publicKeyBytes(publicKey: string): Uint8Array {
  const parsed = ssh2.utils.parseKey(publicKey);
  if (parsed instanceof Error) throw new UserError("key-invalid", `this is no public key: ${parsed.message}`);
  return parsed.getPublicSSH();
}

/** `SHA256:…`, as OpenSSH prints it. */
export function fingerprint(publicKey: string): string {
  return `SHA256:${Buffer.from(sha256(publicKeyBytes(publicKey)))
    .toString("base64")
    .replace(/=+$/, "")}`;
}
