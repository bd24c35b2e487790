/** Keys and signatures made by the openpgp library, for tests. */
import { createCleartextMessage, generateKey, readPrivateKey, sign, type PrivateKey } from "openpgp";

export interface TestKey {
  readonly fingerprint: string;
  readonly armored: string;
  readonly binary: Uint8Array;
  readonly privateArmored: string;
  readonly key: PrivateKey;
}

export async function generate(name: string): Promise<TestKey> {
  const { privateKey } = await generateKey({ type: "ecc", userIDs: [{ name }], format: "armored" });
  const key = await readPrivateKey({ armoredKey: privateKey });
  const open = key.toPublic();
  return {
    fingerprint: open.getFingerprint().toUpperCase(),
    armored: open.armor(),
    binary: open.write(),
    privateArmored: privateKey,
    key,
  };
}

export async function cleartextFrom({ key }: TestKey, text: string): Promise<string> {
  return sign({ message: await createCleartextMessage({ text }), signingKeys: key });
}
