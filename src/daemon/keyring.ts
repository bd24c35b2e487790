/** Key pairs on disk: the daemon's own for every guest, and each guest's host key, made here so that it can be pinned. */
import { fingerprint, type KeyPair, makeKeyPair } from "../guest/keys.ts";
import type { Files } from "../sys/files.ts";

export interface Keyring {
  /** What the daemon logs in with. */
  own(): Promise<KeyPair>;
  /** The guest's SSH host key; made on first use. */
  host(instanceId: string): Promise<KeyPair>;
  forget(instanceId: string): Promise<void>;
}

/** Keys lie in `directory` (0700), each pair as one file (0600). */
export function createKeyring(directory: string, files: Files): Keyring {
  const known = new Map<string, Promise<KeyPair>>();
  const pathOf = (name: string) => `${directory}/${name}.json`;

  async function loadOrMake(name: string): Promise<KeyPair> {
    if (await files.stat(pathOf(name))) {
      // Its name may be there for us only: whoever made it may have been killed before that was durable.
      await files.syncDirectory(directory);
      return parse(await files.read(pathOf(name)), pathOf(name));
    }
    await files.makeDirectory(directory, 0o700);
    const pair = makeKeyPair(`strata-${name}`);
    await files.writeAtomically(pathOf(name), Buffer.from(JSON.stringify(pair)), 0o600);
    return pair;
  }

  function pairOf(name: string): Promise<KeyPair> {
    const pair = known.get(name) ?? loadOrMake(name);
    known.set(name, pair);
    pair.catch(() => known.delete(name));
    return pair;
  }

  return {
    own: () => pairOf("daemon"),
    host: (instanceId) => pairOf(instanceId),
    async forget(instanceId) {
      known.delete(instanceId);
      if (await files.stat(pathOf(instanceId))) await files.remove(pathOf(instanceId));
    },
  };
}

function parse(bytes: Uint8Array, path: string): KeyPair {
  const pair = JSON.parse(Buffer.from(bytes).toString("utf8")) as KeyPair;
  if (!fingerprint(pair.publicKey)) throw new Error(`${path} holds no key pair`);
  return pair;
}
