/** The verified store of base images: one file per content, named by its SHA-256, never modified once it has that name. */
import { UserError } from "../errors.ts";
import { errorCode } from "../sys/files.ts";
import type { Files, OpenFile } from "../sys/files.ts";
import { createSha256 } from "../sys/hash.ts";
import type { Ids } from "../sys/ids.ts";
import { opened } from "./unpack.ts";

export type ImageFormat = "qcow2" | "raw";

export interface VaultEntry {
  readonly sha256: string;
  readonly format: ImageFormat;
  /** Of the file. */
  readonly bytes: number;
  /** Absolute; only to be read. */
  readonly path: string;
}

export interface StoredImage extends VaultEntry {
  /** Of the disk in it, in bytes. */
  readonly virtualSize: number;
  /** SHA-256 of the compressed file that it came in. */
  readonly packedSha256?: string;
}

export interface AddOptions {
  /** What the source promises; anything else is refused. */
  readonly expectedBytes?: number;
  readonly signal: AbortSignal;
  /** `total` is 0 when it is not known. */
  readonly progress?: (done: number, total: number) => void;
}

/** What kind of image a file is; the driver's `ImageSupport["inspect"]`. */
export type Inspect = (path: string, signal: AbortSignal) => Promise<{ format: ImageFormat; virtualSize: number }>;

export interface Vault {
  /** Removes what an earlier run left unfinished. Called once, before anything is added. */
  collect(): Promise<void>;
  /**
   * Stores what `source` gives, once per content, durably; unpacked when it is compressed. Rejects with `image-size-mismatch`,
   * `image-too-large`, `no-space`, `image-damaged`, `image-packing-unknown`, `image-invalid` (from `inspect`) or the signal's reason;
   * nothing is left behind then.
   */
  add(source: AsyncIterable<Uint8Array>, options: AddOptions, inspect: Inspect): Promise<StoredImage>;
  /**
   * Takes over a whole file of the vault's own file system, whose digest the caller knows: it is moved, not copied. Rejects with
   * `image-invalid` (from `inspect`) or the signal's reason; the file stays where it is then.
   */
  adopt(file: { path: string; sha256: string }, signal: AbortSignal, inspect: Inspect): Promise<StoredImage>;
  /** Stores what `write` writes to the path that it is given. Rejects as `write` does, and as `adopt`; nothing is left behind then. */
  make(write: (path: string) => Promise<void>, signal: AbortSignal, inspect: Inspect): Promise<StoredImage>;
  /** What is answered is on stable storage, so that an event may name it. */
  find(sha256: string): Promise<VaultEntry | undefined>;
  /** Every image that is there; for finding those that nothing knows of. */
  list(): Promise<string[]>;
  /** Missing already: fine. The caller knows that no instance needs it. */
  remove(sha256: string): Promise<void>;
}

/** No image is larger: a source that never ends stops here. */
export const imageBytesMax = 2 ** 40;
const formats: readonly ImageFormat[] = ["qcow2", "raw"];
const nameBytes = 12;
const pieceBytes = 2 ** 20;

/** What stays free for the log and for stops while an image comes. */
export const freeBytesMin = 256 * 2 ** 20;
/** So often the space that is left is looked at while an image comes whose size nobody knows. */
export const lookBytes = 64 * 2 ** 20;

/** The bytes of `source`, which are no more and no fewer than were announced. */
async function* counted(
  source: AsyncIterable<Uint8Array>,
  { expectedBytes, signal, progress }: AddOptions,
): AsyncGenerator<Uint8Array> {
  const bytesMax = expectedBytes ?? imageBytesMax;
  let bytes = 0;
  for await (const chunk of source) {
    signal.throwIfAborted();
    if (bytes + chunk.length > bytesMax) throw tooLong(expectedBytes);
    yield chunk;
    bytes += chunk.length;
    progress?.(bytes, expectedBytes ?? 0);
  }
  signal.throwIfAborted();
  if (bytes < (expectedBytes ?? 0))
    throw new UserError("image-size-mismatch", `the image broke off after ${bytes} of ${expectedBytes} bytes`);
}

/** Copies what is in `source` into `file`, hashing on the way. What comes compressed may be of any size: `checkSpace` is asked on the way. */
async function receive(
  file: OpenFile,
  source: AsyncIterable<Uint8Array>,
  options: AddOptions,
  checkSpace: () => Promise<void>,
) {
  const { signal } = options;
  const input = counted(source, options);
  const hash = createSha256();
  let [bytes, lookAt] = [0, 0];
  try {
    const { pieces, packedSha256 } = await opened(input, signal);
    for await (const piece of pieces) {
      signal.throwIfAborted();
      if (bytes + piece.length > imageBytesMax) throw tooLong(undefined);
      if (packedSha256 && bytes >= lookAt) {
        await checkSpace();
        lookAt = bytes + lookBytes;
      }
      hash.update(piece);
      await file.write(piece, bytes);
      bytes += piece.length;
    }
    return { sha256: hash.hex(), ...(packedSha256 && { packedSha256: packedSha256() }) };
  } finally {
    // Not waited for: who unpacks may be reading ahead, from a client that sends no more.
    input.return(undefined).catch(() => undefined);
  }
}

async function hashOf(file: OpenFile, signal: AbortSignal): Promise<string> {
  const hash = createSha256();
  for (let at = 0; ;) {
    signal.throwIfAborted();
    const piece = await file.read(at, pieceBytes);
    if (piece.length === 0) return hash.hex();
    hash.update(piece);
    at += piece.length;
  }
}

const tooLong = (expectedBytes: number | undefined) =>
  expectedBytes === undefined
    ? new UserError("image-too-large", `the image is larger than ${imageBytesMax} bytes`)
    : new UserError("image-size-mismatch", `the image has more than the ${expectedBytes} bytes that were announced`);

export const noSpace = (directory: string) =>
  new UserError("no-space", `there is no space for the image in ${directory}`, {
    hints: [["next", `df -h ${directory}`]],
  });

/** The vault in `directory`, which is made when missing. */
export function createVault({ directory, files, ids }: { directory: string; files: Files; ids: Ids }): Vault {
  const incoming = `${directory}/incoming`;
  const pathOf = (sha256: string, format: ImageFormat) => `${directory}/${sha256}.${format}`;

  const find = async (sha256: string): Promise<VaultEntry | undefined> => {
    for (const format of formats) {
      const path = pathOf(sha256, format);
      const status = await files.stat(path);
      if (status?.kind !== "file") continue;
      // Its name may be there for us only: who gave it may have been killed, or be about to sync it.
      await files.syncDirectory(directory);
      return { sha256, format, bytes: status.bytes, path };
    }
    return undefined;
  };

  /** Gives the inspected file its name; what already has this content stays. */
  const publish = async (partial: string, file: OpenFile, sha256: string, format: ImageFormat): Promise<VaultEntry> => {
    const known = await find(sha256);
    if (known?.format === format) return known;
    await file.sync();
    const path = pathOf(sha256, format);
    const bytes = await file.size();
    await files.rename(partial, path);
    await files.syncDirectory(directory);
    return { sha256, format, bytes, path };
  };

  const checkSpace = async (bytes: number) => {
    const { freeBytes } = await files.space(incoming);
    if (freeBytes < bytes) throw noSpace(directory);
  };

  const store = async (
    partial: string,
    source: AsyncIterable<Uint8Array>,
    options: AddOptions,
    inspect: Inspect,
  ): Promise<StoredImage> => {
    const file = await files.open(partial, "create", 0o644);
    try {
      const { sha256, ...packed } = await receive(file, source, options, () => checkSpace(freeBytesMin));
      const { format, virtualSize } = await inspect(partial, options.signal);
      return { ...(await publish(partial, file, sha256, format)), virtualSize, ...packed };
    } finally {
      await file.close();
    }
  };

  return {
    find,
    list: async () => {
      if ((await files.stat(directory)) === undefined) return [];
      const names = await files.list(directory);
      return [...new Set(names.flatMap((name) => /^([0-9a-f]{64})\.(?:qcow2|raw)$/.exec(name)?.[1] ?? []))];
    },
    adopt: async ({ path, sha256 }, signal, inspect) => {
      const { format, virtualSize } = await inspect(path, signal);
      const file = await files.open(path, "write");
      try {
        await files.changeMode(path, 0o644);
        return { ...(await publish(path, file, sha256, format)), virtualSize };
      } finally {
        await file.close();
      }
    },
    collect: async () => {
      if ((await files.stat(incoming)) === undefined) return;
      for (const name of await files.list(incoming)) await files.remove(`${incoming}/${name}`);
    },
    add: async (source, options, inspect) => {
      await files.makeDirectory(incoming, 0o755);
      await checkSpace(options.expectedBytes ?? 0);
      const partial = `${incoming}/${Buffer.from(ids.bytes(nameBytes)).toString("hex")}`;
      try {
        return await store(partial, source, options, inspect);
      } catch (error) {
        throw errorCode(error) === "ENOSPC" ? noSpace(directory) : error;
      } finally {
        if (await files.stat(partial)) await files.remove(partial);
      }
    },
    make: async (write, signal, inspect) => {
      await files.makeDirectory(incoming, 0o755);
      const partial = `${incoming}/${Buffer.from(ids.bytes(nameBytes)).toString("hex")}`;
      try {
        await write(partial);
        const { format, virtualSize } = await inspect(partial, signal);
        await files.changeMode(partial, 0o644);
        const file = await files.open(partial, "write");
        try {
          const sha256 = await hashOf(file, signal);
          return { ...(await publish(partial, file, sha256, format)), virtualSize };
        } finally {
          await file.close();
        }
      } finally {
        if (await files.stat(partial)) await files.remove(partial);
      }
    },
    remove: async (sha256) => {
      const found = await find(sha256);
      if (found === undefined) return;
      await files.remove(found.path);
      await files.syncDirectory(directory);
    },
  };
}
