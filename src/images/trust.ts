/** Keys that are trusted with lists of images: the user's, one file each under its fingerprint, and those that a host's distribution installs. */
import { UserError } from "../errors.ts";
import type { Files } from "../sys/files.ts";
import type { ImageHost } from "./host.ts";
import { readPublicKeys } from "./signature.ts";

export interface Trust {
  /** Keyrings for a host's lists; none: lists are taken as they come. Rejects with `image-key-missing`. */
  keyrings(host: ImageHost): Promise<readonly Uint8Array[]>;
  /** Keeps the keys of a keyring; answers with their fingerprints. Rejects with `keyring-invalid`. */
  add(keyring: Uint8Array): Promise<readonly string[]>;
}

const keyringBytesMax = 512 * 1024;

/** `fingerprints` gives those of the setting, separated by spaces. */
export function createTrust({
  directory,
  files,
  fingerprints,
}: {
  directory: string;
  files: Files;
  fingerprints: () => string;
}): Trust {
  const pathOf = (fingerprint: string) => `${directory}/${fingerprint}.gpg`;
  return {
    async keyrings({ canSign, keyFiles = [] }) {
      if (!canSign) return [];
      const own = fingerprints().split(" ").filter(Boolean);
      const installed = await Promise.all(keyFiles.map((path) => readIfThere(files, path)));
      const trusted = await Promise.all(own.map((fingerprint) => readKey(files, pathOf(fingerprint), fingerprint)));
      return [...installed.flat(), ...trusted];
    },
    async add(keyring) {
      const keys = await readPublicKeys(keyring);
      await files.makeDirectory(directory, 0o755);
      for (const { fingerprint, bytes } of keys) await files.writeAtomically(pathOf(fingerprint), bytes, 0o644);
      return keys.map(({ fingerprint }) => fingerprint);
    },
  };
}

async function readIfThere(files: Files, path: string): Promise<Uint8Array[]> {
  const status = await files.stat(path);
  return status?.kind === "file" && status.bytes <= keyringBytesMax ? [await files.read(path)] : [];
}

async function readKey(files: Files, path: string, fingerprint: string): Promise<Uint8Array> {
  const [keyring] = await readIfThere(files, path);
  if (keyring) return keyring;
  throw new UserError("image-key-missing", `the key ${fingerprint} is to be trusted, and ${path} is not there`, {
    hints: [["next", "strata set images.keyring=PATH"]],
  });
}
