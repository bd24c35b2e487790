/** One try at a download: asks for what is missing, judges the answer, and appends what comes. */
import { UserError } from "../errors.ts";
import { hostOf, shownUrl } from "../model/image-name.ts";
import { formatSize } from "../model/size.ts";
import type { Files } from "../sys/files.ts";
import type { DownloadOptions } from "./download.ts";
import type { Partial, Validators, Wanted } from "./partial.ts";
import { freeBytesMin, imageBytesMax, lookBytes, noSpace } from "./vault.ts";
import { unreachable, type Web, type WebAnswer } from "./web.ts";

interface ReceivePorts {
  readonly files: Files;
  readonly web: Web;
  readonly directory: string;
}

/**
 * Resolves when all has come. Rejects with `image-host-unreachable` when it breaks off (another try may go on),
 * `image-not-available`, `image-size-mismatch`, `image-too-large`, `no-space`, or the signal's reason.
 */
export async function receive(
  ports: ReceivePorts,
  partial: Partial,
  wanted: Wanted,
  options: DownloadOptions,
): Promise<void> {
  const isComplete = partial.total !== undefined && partial.bytes === partial.total;
  if (isComplete && wanted.digest !== undefined) return options.begins(partial.total, partial.bytes);
  const { outside, signal } = options;
  if (!canResume(partial, wanted)) await partial.restart();
  const answer = await ports.web.get({
    url: wanted.url,
    outside,
    signal,
    isVerified: wanted.digest !== undefined,
    headers: rangeHeaders(partial),
  });
  try {
    await judge(answer, partial, wanted, options);
    options.begins(partial.total, partial.bytes);
    await append(ports, answer, partial, options);
  } finally {
    await answer.close();
  }
}

/** Without a digest at the end or a mark at the beginning, two halves could be of two files. */
const canResume = ({ bytes, validators }: Partial, { digest }: Wanted): boolean =>
  bytes === 0 || digest !== undefined || validators.etag !== undefined || validators.modified !== undefined;

function rangeHeaders({ bytes, validators }: Partial): Record<string, string> {
  if (bytes === 0) return {};
  const mark = validators.etag ?? validators.modified;
  return { range: `bytes=${bytes}-`, ...(mark !== undefined && { "if-range": mark }) };
}

/** Takes over the size and mark that the server tells, and begins anew when it sends from the beginning. */
async function judge(answer: WebAnswer, partial: Partial, wanted: Wanted, { say }: DownloadOptions): Promise<void> {
  const { status } = answer;
  const range = status === 206 ? rangeOf(answer) : undefined;
  const isContinued = range?.start === partial.bytes && partial.bytes > 0 && !answer.isPacked;
  if (status !== 200 && !isContinued) {
    // What we have is not the beginning of what is there.
    if (partial.bytes > 0 && (status === 416 || status === 206)) await partial.restart();
    throw refusal(answer, wanted);
  }
  if (!isContinued && partial.bytes > 0) {
    say(`${hostOf(wanted.url)} sends it from the beginning: it has changed, or the host cannot go on in the middle`);
    await partial.restart();
  }
  partial.isResumed ||= isContinued;
  const told = isContinued ? range?.total : lengthOf(answer);
  checkSize(told, partial, wanted);
  partial.total = told ?? wanted.bytes;
  partial.validators = answer.isPacked ? {} : validatorsOf(answer);
}

function refusal({ status }: WebAnswer, { url }: Wanted): UserError {
  const isPassing = status === 206 || status === 408 || status === 416 || status === 429 || status >= 500;
  if (isPassing) return unreachable(url, `it answers ${status} for ${shownUrl(url)}`);
  return new UserError(
    "image-not-available",
    `${hostOf(url)} does not give the image: it answers ${status} for ${shownUrl(url)}`,
  );
}

function checkSize(told: number | undefined, { total }: Partial, { url, bytes }: Wanted): void {
  if (told !== undefined && bytes !== undefined && told !== bytes)
    throw new UserError("image-size-mismatch", `${shownUrl(url)} has ${told} bytes, and its host lists ${bytes}`);
  if ((told ?? total ?? 0) > imageBytesMax)
    throw new UserError("image-too-large", `the image is larger than ${imageBytesMax} bytes`);
}

/** `bytes 100-199/1000`; a total of `*` is not known. */
function rangeOf({ header }: WebAnswer): { start: number; total?: number } | undefined {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(header("content-range") ?? "") ?? [];
  if (start === undefined) return undefined;
  return { start: Number(start), ...(total !== undefined && total !== "*" && { total: Number(total) }) };
}

function lengthOf({ header, isPacked }: WebAnswer): number | undefined {
  const length = header("content-length") ?? "";
  return isPacked || !/^\d{1,15}$/.test(length) || length === "0" ? undefined : Number(length);
}

/** A weak ETag marks what is alike, not what is the same byte by byte. */
function validatorsOf({ header }: WebAnswer): Validators {
  const [etag, modified] = [header("etag"), header("last-modified")];
  return {
    ...(etag !== undefined && !etag.startsWith("W/") && { etag }),
    ...(modified !== undefined && { modified }),
  };
}

async function append(
  { files, directory }: ReceivePorts,
  answer: WebAnswer,
  partial: Partial,
  { signal, progress }: DownloadOptions,
): Promise<void> {
  const bytesMax = partial.total ?? imageBytesMax;
  await checkSpace(files, directory, (partial.total ?? 0) - partial.bytes);
  let saved = partial.bytes;
  for await (const piece of answer.body) {
    signal.throwIfAborted();
    if (partial.bytes + piece.length > bytesMax)
      throw new UserError(
        "image-size-mismatch",
        `${shownUrl(answer.url)} sends more than the ${bytesMax} bytes that were announced`,
      );
    await partial.append(piece);
    progress(partial.bytes, partial.total ?? 0);
    if (partial.bytes - saved < lookBytes) continue;
    await partial.save();
    await checkSpace(files, directory, 0);
    saved = partial.bytes;
  }
  if (partial.total !== undefined && partial.bytes < partial.total)
    throw unreachable(answer.url, `it ended after ${formatSize(partial.bytes)} of ${formatSize(partial.total)}`);
}

async function checkSpace(files: Files, directory: string, bytes: number): Promise<void> {
  const { freeBytes } = await files.space(directory);
  if (freeBytes < bytes + freeBytesMin) throw noSpace(directory);
}
