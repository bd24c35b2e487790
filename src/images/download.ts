/** Downloads: resumed where they broke off, verified, stored once per content; two who want the same share one. */
import { messageOf, UserError } from "../errors.ts";
import { hostOf, shownUrl } from "../model/image-name.ts";
import { formatSize } from "../model/size.ts";
import type { Outside } from "../model/outside.ts";
import type { Clock } from "../sys/clock.ts";
import { errorCode, type Files } from "../sys/files.ts";
import { readPieces } from "./folder.ts";
import { createPartials, type Partial, type Partials, type Wanted } from "./partial.ts";
import { receive } from "./receive.ts";
import { magicBytes, packingOf } from "./unpack.ts";
import { type Inspect, noSpace, type StoredImage, type Vault } from "./vault.ts";
import { unreachableCode, type Web } from "./web.ts";

export interface DownloadOptions {
  readonly outside: Pick<Outside, "proxies" | "certificates">;
  readonly signal: AbortSignal;
  /** `total` is 0 as long as it is not known. */
  readonly progress: (done: number, total: number) => void;
  /** A line for whoever waits. */
  readonly say: (line: string) => void;
  /** All has come, and is unpacked now. */
  readonly extracting: () => void;
  /** Called once, when the size is known and before the first byte of it. */
  readonly begins: (total: number | undefined, kept: number) => void;
}

export interface Downloaded extends StoredImage {
  /** How the server marks this content (ETag or date), if it does. */
  readonly mark?: string;
}

export interface Downloads {
  /** Removes partial downloads that are old or too many. */
  collect(): Promise<void>;
  /**
   * Brings it into the vault, unpacked. Rejects with `image-download-failed` (what came is kept), `image-checksum-mismatch` and
   * `image-size-mismatch` (nothing is kept), as `Vault.add` does, or with the signal's reason (what came is kept).
   */
  bring(wanted: Wanted, options: DownloadOptions): Promise<Downloaded>;
}

export interface DownloadPorts {
  /** On the vault's file system. */
  readonly directory: string;
  readonly files: Files;
  readonly clock: Clock;
  readonly web: Web;
  readonly vault: Pick<Vault, "add" | "adopt">;
  readonly inspect: Inspect;
}

export const downloadFailedCode = "image-download-failed";
/** Tries in a row that bring nothing new, and all of them. */
const fruitlessMax = 4;
const triesMax = 50;
const pauseMs = 500;

interface Shared {
  readonly work: Promise<Downloaded>;
  readonly controller: AbortController;
  readonly waiting: Set<DownloadOptions>;
  begun?: readonly [total: number | undefined, kept: number] | undefined;
}

export function createDownloads(ports: DownloadPorts): Downloads {
  const partials = createPartials(ports);
  const running = new Map<string, Shared>();

  const start = (key: string, wanted: Wanted, options: DownloadOptions): Shared => {
    const controller = new AbortController();
    const waiting = new Set([options]);
    const shared: { begun?: Shared["begun"] } = {};
    const everybody: DownloadOptions = {
      outside: options.outside,
      signal: controller.signal,
      progress: (done: number, total: number) => waiting.forEach((each) => each.progress(done, total)),
      say: (line: string) => waiting.forEach((each) => each.say(line)),
      extracting: () => waiting.forEach((each) => each.extracting()),
      begins: (...size) => {
        if (!shared.begun) waiting.forEach((each) => each.begins(...size));
        shared.begun = size;
      },
    };
    const work = bringOne(ports, partials, wanted, everybody).finally(() => running.delete(key));
    work.catch(() => undefined);
    return Object.assign(shared, { work, controller, waiting });
  };

  return {
    collect: () => partials.collect(),
    async bring(wanted, options) {
      options.signal.throwIfAborted();
      const key = `${wanted.url}\n${wanted.digest ?? ""}`;
      const known = running.get(key);
      if (known?.begun) options.begins(...known.begun);
      const shared = known ?? start(key, wanted, options);
      running.set(key, shared);
      shared.waiting.add(options);
      try {
        return await untilLeft(shared, options);
      } finally {
        shared.waiting.delete(options);
      }
    },
  };
}

/** The shared work, until this one gives up; the last one to give up ends it, and waits until what came is kept. */
async function untilLeft({ work, controller, waiting }: Shared, options: DownloadOptions): Promise<Downloaded> {
  const left = Promise.withResolvers<never>();
  const leave = () => {
    if (waiting.size <= 1) controller.abort(options.signal.reason);
    else left.reject(options.signal.reason);
  };
  options.signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    options.signal.removeEventListener("abort", leave);
  }
}

async function bringOne(
  ports: DownloadPorts,
  partials: Partials,
  wanted: Wanted,
  options: DownloadOptions,
): Promise<Downloaded> {
  await partials.collect();
  const partial = await partials.open(wanted, options.signal);
  let isKept = false;
  try {
    await receiveAll(ports, partial, wanted, options);
    const { sha256 } = await verified(ports, partial, wanted, options);
    const stored = await kept(ports, { path: partial.path, sha256 }, options);
    const mark = partial.validators.etag ?? partial.validators.modified;
    return { ...stored, ...(mark !== undefined && { mark }) };
  } catch (error) {
    if (options.signal.aborted || isWorthKeeping(error)) isKept = await saved(partial);
    throw told(error, partial, wanted, options, isKept, ports.directory);
  } finally {
    await partial.close();
    if (!isKept) await partials.remove(wanted);
  }
}

/** The verified file in the vault: moved there, or what is in it. */
async function kept(
  { files, vault, inspect }: DownloadPorts,
  file: { path: string; sha256: string },
  { signal, extracting }: DownloadOptions,
): Promise<StoredImage> {
  if (packingOf(await headOf(files, file.path)) === undefined) return vault.adopt(file, signal, inspect);
  extracting();
  return vault.add(readPieces(files, file.path, signal), { signal }, inspect);
}

async function headOf(files: Files, path: string): Promise<Uint8Array> {
  const file = await files.open(path, "read");
  try {
    return await file.read(0, magicBytes);
  } finally {
    await file.close();
  }
}

/** A disk that takes no record keeps nothing. */
const saved = (partial: Partial): Promise<boolean> =>
  partial.save().then(
    () => true,
    () => false,
  );

const isWorthKeeping = (error: unknown): boolean =>
  error instanceof UserError && [unreachableCode, downloadFailedCode].includes(error.code);

/** The error with what is kept of the download, and where the user learns of it when it was cancelled. */
function told(
  error: unknown,
  { bytes, total }: Partial,
  wanted: Wanted,
  { signal, say }: DownloadOptions,
  isKept: boolean,
  directory: string,
): unknown {
  if (errorCode(error) === "ENOSPC") return noSpace(directory);
  const kept =
    isKept && bytes > 0
      ? `${formatSize(bytes)}${total === undefined ? "" : ` of ${formatSize(total)}`} are kept, and the next launch goes on from there`
      : undefined;
  if (signal.aborted) {
    if (kept !== undefined) say(kept);
    return error;
  }
  if (!isWorthKeeping(error) || kept === undefined) return error;
  return new UserError(
    downloadFailedCode,
    `the download of ${shownUrl(wanted.url)} broke off: ${messageOf(error)}; ${kept}`,
  );
}

/** Tries until all has come. Each try goes on where the one before ended. */
async function receiveAll(
  { files, clock, web, directory }: DownloadPorts,
  partial: Partial,
  wanted: Wanted,
  options: DownloadOptions,
): Promise<void> {
  let fruitless = 0;
  let most = partial.bytes;
  for (let tries = 1; ; tries++) {
    try {
      return await receive({ files, web, directory }, partial, wanted, options);
    } catch (error) {
      options.signal.throwIfAborted();
      // What came before and was thrown away does not count again.
      fruitless = partial.bytes > most ? 0 : fruitless + 1;
      most = Math.max(most, partial.bytes);
      if (!isWorthKeeping(error) || fruitless >= fruitlessMax || tries >= triesMax) throw error;
      if (fruitless === 0)
        options.say(`${hostOf(wanted.url)}: ${messageOf(error)}; going on at ${formatSize(partial.bytes)}`);
      await clock.sleep(pauseMs * 2 ** fruitless, options.signal);
    }
  }
}

/** Compares with what was promised. Content that came in several tries may be a mixture: it gets one try from the beginning. */
async function verified(
  ports: DownloadPorts,
  partial: Partial,
  wanted: Wanted,
  options: DownloadOptions,
): Promise<{ sha256: string }> {
  const wasResumed = partial.isResumed;
  const { sha256, promised } = partial.digests();
  if (promised === wanted.digest) return { sha256 };
  if (!wasResumed) throw mismatch(wanted, promised ?? "");
  options.say("what was kept does not fit what the host has now: it is fetched from the beginning");
  await partial.restart();
  await receiveAll(ports, partial, wanted, options);
  const again = partial.digests();
  if (again.promised === wanted.digest) return again;
  throw mismatch(wanted, again.promised ?? "");
}

const digestShown = 19;
const mismatch = ({ url, digest = "" }: Wanted, found: string) =>
  new UserError(
    "image-checksum-mismatch",
    `${shownUrl(url)} is not the image that its host lists: its checksum is ${found.slice(0, digestShown)}..., listed is ${digest.slice(0, digestShown)}...; nothing is kept`,
  );
