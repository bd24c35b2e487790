/** Clear-signed lists and the keys that are trusted with them (OpenPGP, RFC 9580), through the openpgp library, which is loaded when it is needed. */
import { UserError, messageOf } from "../errors.ts";
import type { Verify } from "./host.ts";

export const signatureCode = "image-signature-invalid";
const keysMax = 64;
const armor = /-----BEGIN PGP [^]*?-----END PGP [A-Z ]+-----/g;

export interface PublicKey {
  /** Upper-case hexadecimal. */
  readonly fingerprint: string;
  /** Binary. */
  readonly bytes: Uint8Array;
}

/** The keys in an armored or binary keyring. Rejects as the library does. */
async function parseKeys(keyring: Uint8Array) {
  const { readKeys } = await import("openpgp");
  const blocks = new TextDecoder().decode(keyring).match(armor);
  if (!blocks) return readKeys({ binaryKeys: keyring });
  return (await Promise.all(blocks.map((armoredKeys) => readKeys({ armoredKeys })))).flat();
}

/** The public keys in a keyring that somebody wants to trust. Rejects with `keyring-invalid`, also for a private key. */
export async function readPublicKeys(keyring: Uint8Array): Promise<PublicKey[]> {
  const keys = await parseKeys(keyring).catch((error: unknown) => {
    throw keyringInvalid(messageOf(error));
  });
  if (keys.length === 0) throw keyringInvalid("there is no key in it");
  if (keys.length > keysMax) throw keyringInvalid(`it has more than ${keysMax} keys`);
  if (keys.some((key) => key.isPrivate()))
    throw keyringInvalid("it holds a private key, which belongs to its owner alone");
  return keys.map((key) => ({ fingerprint: key.getFingerprint().toUpperCase(), bytes: key.write() }));
}

const keyringInvalid = (why: string) =>
  new UserError("keyring-invalid", `this is no keyring of public keys: ${why}`, {
    hints: [["form", "OpenPGP public keys, armored or binary (gpg --export)"]],
  });

/** Checks with any key of `keyrings`: one good signature is enough. */
export function createVerify(keyrings: readonly Uint8Array[]): Verify {
  return async (text, url) => {
    if (!text.includes("-----BEGIN PGP SIGNED MESSAGE-----")) throw refused(url, "it is not signed");
    const { readCleartextMessage, verify } = await import("openpgp");
    const verificationKeys = (await Promise.all(keyrings.map(parseKeys))).flat();
    const message = await readCleartextMessage({ cleartextMessage: text }).catch((error: unknown) => {
      throw refused(url, messageOf(error));
    });
    const { data, signatures } = await verify({ message, verificationKeys });
    let why = "it carries no signature";
    for (const { verified, keyID } of signatures) {
      try {
        await verified;
      } catch (error) {
        why = messageOf(error);
        continue;
      }
      const key = verificationKeys.find((each) => each.getKeys(keyID).length > 0);
      if (key) return { text: data, fingerprint: key.getFingerprint().toUpperCase() };
    }
    throw refused(url, why);
  };
}

const refused = (url: string, why: string) =>
  new UserError(signatureCode, `the signature of ${url} is refused: ${why}`, {
    hints: [
      ["why", "a key is trusted for this host, so what it did not sign is not used"],
      ["next", "strata get images.keyring"],
    ],
  });
