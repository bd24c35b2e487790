/** This user's own key for instances: made once, on this side, and never sent anywhere but for its public half. */
import { UserError, exitCodes } from "../../errors.ts";
import { publicKeyPattern } from "../../model/ssh.ts";
import { createText, readText } from "../../sys/private-file.ts";

export interface ClientKey {
  readonly path: string;
  readonly publicKey: string;
}

const pathIn = (directory: string): string => `${directory}/id_ed25519`;

/** The key in this folder; undefined when there is none. Throws `ssh-key-unreadable`: a damaged one is not replaced in silence. */
export function readKey(directory: string): ClientKey | undefined {
  const path = pathIn(directory);
  const [privateKey, publicKey] = [readText(path), readText(`${path}.pub`)?.trim()];
  if (privateKey === undefined && publicKey === undefined) return undefined;
  if (privateKey !== undefined && publicKey !== undefined && publicKeyPattern.test(publicKey))
    return { path, publicKey };
  throw new UserError("ssh-key-unreadable", `${path} and ${path}.pub are no pair of keys`, {
    exit: exitCodes.failed,
    hints: [["next", `rm ${path} ${path}.pub`]],
  });
}

/** The key in this folder, made where there is none: 0600, without a passphrase. Of two that are made at once, one stays. */
export async function ensureKey(directory: string): Promise<ClientKey> {
  const known = readKey(directory);
  if (known) return known;
  const { makeKeyPair } = await import("../../guest/keys.ts");
  const { privateKey, publicKey } = makeKeyPair("strata-client");
  const path = pathIn(directory);
  // Whoever has made the public half writes the other one, too.
  if (createText(`${path}.pub`, `${publicKey}\n`)) createText(path, privateKey);
  return readKey(directory) ?? { path, publicKey };
}
