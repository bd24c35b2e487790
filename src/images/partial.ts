/** Downloads that broke off: a file and a small record each, so that the next try goes on where the last one ended. */
import { z } from "zod";
import { shownUrl } from "../model/image-name.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files, OpenFile } from "../sys/files.ts";
import { createHash, type Hash, sha256Hex } from "../sys/hash.ts";

/** What a download is known by: its address and what is promised of its content. */
export interface Wanted {
  readonly url: string;
  readonly digest?: string | undefined;
  readonly bytes?: number | undefined;
}

const Validators = z.object({ etag: z.string().optional(), modified: z.string().optional() });
/** How the server marks the content; a strong ETag before a date. */
export type Validators = z.infer<typeof Validators>;

const Record = Validators.extend({
  url: z.string(),
  /** So much is on stable storage. */
  bytes: z.int().min(0),
  total: z.int().positive().optional(),
});

export interface Partial {
  readonly path: string;
  bytes: number;
  total: number | undefined;
  validators: Validators;
  /** Some of it came in an earlier try. */
  isResumed: boolean;
  append(piece: Uint8Array): Promise<void>;
  /** Makes what is there durable and remembers it. */
  save(): Promise<void>;
  /** Back to nothing, for a content that may be another. */
  restart(): Promise<void>;
  /** Ends the hashes: the content's SHA-256, and the promised digest's twin when that is of another kind. */
  digests(): { readonly sha256: string; readonly promised: string | undefined };
  close(): Promise<void>;
}

export interface Partials {
  open(wanted: Wanted, signal: AbortSignal): Promise<Partial>;
  /** Missing already: fine. */
  remove(wanted: Wanted): Promise<void>;
  /** Removes the old ones, and all but the newest few that nobody works on. */
  collect(): Promise<void>;
}

const keptMax = 8;
const keptMs = 7 * 86_400_000;
const pieceBytes = 2 ** 20;
const recordBytesMax = 16 * 1024;

const keyOf = ({ url, digest = "" }: Wanted): string => sha256Hex(Buffer.from(`${url}\n${digest}`)).slice(0, 32);

export function createPartials({
  directory,
  files,
  clock,
}: {
  directory: string;
  files: Files;
  clock: Clock;
}): Partials {
  const open = new Set<string>();
  const removeFile = async (path: string) => {
    if (await files.stat(path)) await files.remove(path);
  };
  const removeKey = async (key: string) => {
    await removeFile(`${directory}/${key}.part`);
    await removeFile(`${directory}/${key}.json`);
  };
  return {
    async open(wanted, signal) {
      await files.makeDirectory(directory, 0o755);
      const key = keyOf(wanted);
      open.add(key);
      try {
        const close = () => open.delete(key);
        return await openPartial({ files, path: `${directory}/${key}`, close }, wanted, signal);
      } catch (error) {
        open.delete(key);
        throw error;
      }
    },
    remove: (wanted) => removeKey(keyOf(wanted)),
    async collect() {
      if ((await files.stat(directory)) === undefined) return;
      const names = await files.list(directory);
      const keys = [...new Set(names.map((name) => name.slice(0, name.indexOf("."))))].filter((key) => !open.has(key));
      const aged = await Promise.all(
        keys.map(async (key) => ({ key, at: (await files.stat(`${directory}/${key}.json`))?.modifiedMs ?? 0 })),
      );
      const oldestMs = clock.now().getTime() - keptMs;
      const kept = aged
        .filter(({ at }) => at >= oldestMs)
        .sort((a, b) => b.at - a.at)
        .slice(0, keptMax);
      for (const { key } of aged) if (!kept.some((each) => each.key === key)) await removeKey(key);
    },
  };
}

interface Place {
  readonly files: Files;
  /** Without suffix. */
  readonly path: string;
  readonly close: () => void;
}

async function openPartial(place: Place, wanted: Wanted, signal: AbortSignal): Promise<Partial> {
  const { files } = place;
  const path = `${place.path}.part`;
  const record = await readRecord(files, `${place.path}.json`);
  const file = await files.open(path, "ensure", 0o644);
  const hashes = createHashes(wanted);
  // Beyond the record, nothing is sure to be on the disk.
  const bytes = record === undefined ? 0 : Math.min(record.bytes, await file.size());
  await file.truncate(bytes);
  await rehash(file, bytes, hashes, signal);
  const partial: Partial = {
    path,
    bytes,
    total: record?.total ?? wanted.bytes,
    validators: {
      ...(record?.etag !== undefined && { etag: record.etag }),
      ...(record?.modified !== undefined && { modified: record.modified }),
    },
    isResumed: bytes > 0,
    async append(piece) {
      await file.write(piece, partial.bytes);
      hashes.update(piece);
      partial.bytes += piece.length;
    },
    async save() {
      await file.sync();
      const { total, validators } = partial;
      const kept = {
        url: shownUrl(wanted.url),
        bytes: partial.bytes,
        ...(total !== undefined && { total }),
        ...validators,
      };
      await files.writeAtomically(`${place.path}.json`, Buffer.from(JSON.stringify(kept)), 0o600);
    },
    async restart() {
      await file.truncate(0);
      hashes.reset();
      Object.assign(partial, { bytes: 0, total: wanted.bytes, validators: {}, isResumed: false });
    },
    digests: () => hashes.digests(),
    async close() {
      await file.close();
      place.close();
    },
  };
  return partial;
}

async function readRecord(files: Files, path: string): Promise<z.infer<typeof Record> | undefined> {
  const status = await files.stat(path);
  if (status?.kind !== "file" || status.bytes > recordBytesMax) return undefined;
  try {
    return Record.parse(JSON.parse(new TextDecoder().decode(await files.read(path))));
  } catch {
    // Without a record that can be read, it begins anew.
    return undefined;
  }
}

interface Hashes extends Pick<Hash, "update"> {
  reset(): void;
  digests: Partial["digests"];
}

function createHashes({ digest }: Wanted): Hashes {
  const isOther = digest?.startsWith("sha512:") ?? false;
  let sha256 = createHash("sha256");
  let other = isOther ? createHash("sha512") : undefined;
  return {
    update(bytes) {
      sha256.update(bytes);
      other?.update(bytes);
    },
    reset() {
      sha256 = createHash("sha256");
      other = isOther ? createHash("sha512") : undefined;
    },
    digests() {
      const hex = sha256.hex();
      return {
        sha256: hex,
        promised: digest === undefined ? undefined : other ? `sha512:${other.hex()}` : `sha256:${hex}`,
      };
    },
  };
}

/** A hash's state cannot be kept: what is there is read again. */
async function rehash(file: OpenFile, bytes: number, hashes: Hashes, signal: AbortSignal): Promise<void> {
  for (let at = 0; at < bytes;) {
    signal.throwIfAborted();
    const piece = await file.read(at, Math.min(pieceBytes, bytes - at));
    hashes.update(piece);
    at += piece.length;
  }
}
