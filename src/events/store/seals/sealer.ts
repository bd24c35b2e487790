/** Makes seals: the key pair of a data directory, made once, and the file that every seal is appended to. */
import { UserError } from "../../../errors.ts";
import type { Files } from "../../../sys/files.ts";
import type { Ids } from "../../../sys/ids.ts";
import { parseSigningKey, seedBytes, signingKeyOf } from "../../../sys/signature.ts";
import type { SigningKey } from "../../../sys/signature.ts";
import { withFile } from "../joints.ts";
import type { TreeHead } from "../merkle.ts";
import { isSealedBy, originOf, parseSeals, parseVerifierKey, signSeal, verifierKeyText } from "./note.ts";
import type { Seal } from "../../../model/seal.ts";
import type { SealFile } from "./note.ts";
import { logDirectory, sealKeyDirectory, sealKeyPath, sealPublicPath, sealsPath } from "../segment.ts";

/** Enough for hundreds of notes; only the newest ones matter at a start. */
const tailBytes = 64 << 10;

export interface Sealer {
  /** The public key as a verifier takes it. */
  readonly key: string;
  /** Is the key named by a record of this log? If not: append that record, then call `recorded`. */
  isRecorded(): boolean;
  recorded(): Promise<void>;
  newest(): Seal | undefined;
  /** Signs a head and appends it, synced. Nothing is written when the newest seal is of the same size. */
  seal(head: TreeHead): Promise<Seal>;
}

export interface SealerOptions {
  readonly files: Files;
  readonly directory: string;
  /** Its id. */
  readonly log: string;
  readonly ids: Ids;
}

/** Throws `seal-key-invalid`, and what the disk throws: a key that cannot be read is never replaced. */
export async function openSealer({ files, directory, log, ids }: SealerOptions): Promise<Sealer> {
  const signing = await loadOrMakeKey(files, directory, ids);
  const origin = originOf(log);
  const key = verifierKeyText(origin, signing.publicKey);
  let known = await readPublicKey(files, directory);
  let newest = await newestSeal(files, directory);
  let provedBytes: number | undefined;
  return {
    key,
    isRecorded: () => known === key,
    recorded: async () => {
      await files.writeAtomically(sealPublicPath(directory), Buffer.from(`${key}\n`), 0o644);
      known = key;
    },
    newest: () => newest,
    seal: async (head) => {
      if (newest?.size === head.size && newest.origin === origin) return newest;
      const made = signSeal(origin, head, signing);
      provedBytes = await appendSeal(files, directory, made, provedBytes);
      return (newest = made);
    },
  };
}

async function loadOrMakeKey(files: Files, directory: string, ids: Ids): Promise<SigningKey> {
  const path = sealKeyPath(directory);
  if ((await files.stat(path)) !== undefined) {
    // Its name may be there for us only: whoever made it may have been killed before that was durable.
    await files.syncDirectory(sealKeyDirectory(directory));
    const key = parseSigningKey(Buffer.from(await files.read(path)).toString());
    if (key !== undefined) return key;
    throw new UserError("seal-key-invalid", `${path} holds no signing key`, {
      hints: [["next", `restore it from a copy, or let a new one be made: mv ${path} ${path}.bad`]],
    });
  }
  const made = signingKeyOf(ids.bytes(seedBytes));
  await files.makeDirectory(sealKeyDirectory(directory), 0o700);
  await files.writeAtomically(path, Buffer.from(made.secretPem), 0o600);
  return made;
}

/** The key file beside the log, as text; undefined when there is none. */
export async function readPublicKey(files: Files, directory: string): Promise<string | undefined> {
  const path = sealPublicPath(directory);
  if ((await files.stat(path)) === undefined) return undefined;
  return Buffer.from(await files.read(path))
    .toString()
    .replace(/\n$/, "");
}

/** All seals there are. */
export async function readSeals(files: Files, directory: string): Promise<SealFile> {
  const path = sealsPath(directory);
  return parseSeals((await files.stat(path)) === undefined ? new Uint8Array() : await files.read(path));
}

/** The newest seal that verifies with the key beside the log; undefined when none does. */
export async function newestSeal(files: Files, directory: string): Promise<Seal | undefined> {
  const text = await readPublicKey(files, directory);
  const key = text === undefined ? undefined : parseVerifierKey(text);
  if (key === undefined || (await files.stat(sealsPath(directory))) === undefined) return undefined;
  const { seals } = await withFile(files, sealsPath(directory), async (file) => {
    const from = Math.max(0, (await file.size()) - tailBytes);
    return parseSeals(await file.read(from, tailBytes), from);
  });
  return seals.findLast((seal) => isSealedBy(seal, key));
}

/**
 * Behind the last whole note: what a crash tore is written over. What this life has not synced itself is written once more: the
 * sync of it may have failed, and the next one would then succeed without it. Answers how far the file is on stable storage.
 */
async function appendSeal(
  files: Files,
  directory: string,
  { note }: Seal,
  provedBytes: number | undefined,
): Promise<number> {
  const path = sealsPath(directory);
  const isNew = (await files.stat(path)) === undefined;
  const file = await files.open(path, "ensure", 0o600);
  try {
    const size = await file.size();
    const from = Math.max(0, Math.min(provedBytes ?? size, size) - tailBytes);
    const tail = await file.read(from, size - from);
    const end = parseSeals(tail, from);
    // What is neither a note nor torn stays as it is: it is evidence.
    const offset = end.brokenAt === undefined ? end.bytes : size;
    const start = Math.min(Math.max(from, provedBytes ?? from), offset);
    if (offset < size) await file.truncate(offset);
    const bytes = Buffer.concat([tail.subarray(start - from, offset - from), Buffer.from(`${note}\n`)]);
    await file.write(bytes, start);
    await file.sync();
    if (isNew) await files.syncDirectory(logDirectory(directory));
    return start + bytes.length;
  } finally {
    await file.close();
  }
}
