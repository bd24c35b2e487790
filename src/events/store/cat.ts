/** Prints the log's lines exactly as they are on disk, without a daemon: all, a range, a stream, or the newest and what follows. */
import type { Clock } from "../../sys/clock.ts";
import type { Files } from "../../sys/files.ts";
import { chunksOf } from "./chunks.ts";
import type { Chunk } from "./chunks.ts";
import { readOpening, withFile } from "./joints.ts";
import { positionOf, timeOf } from "./line.ts";
import { listSegments } from "./segment.ts";
import type { Segment } from "./segment.ts";

/** How often a followed log is looked at. */
const pollMs = 250;
/** Read back from the end of a segment at first; more when the lines are long. */
const tailBytes = 64 << 10;

export interface CatOptions {
  /** The data directory. */
  readonly directory: string;
  readonly files: Files;
  /** Only records behind this position. */
  readonly after?: number;
  /** Only records up to this position. */
  readonly upTo?: number;
  /** Only records from this time on (ISO 8601 in UTC with milliseconds). */
  readonly since?: string;
  readonly stream?: string;
}

/** Whole lines, several at a time, each with its newline. A line can be in the file a moment before it is durable. */
export async function* catLog(options: CatOptions): AsyncGenerator<Uint8Array, void> {
  const { files, directory, after = 0, upTo = Number.MAX_SAFE_INTEGER, since = "" } = options;
  const segments = await listSegments(files, directory);
  for (const [at, segment] of segments.entries()) {
    const end = segments[at + 1]?.first ?? Number.MAX_SAFE_INTEGER;
    if (end <= after + 1 || segment.first > upTo || (await isEarlier(files, segments[at + 1], since))) continue;
    const last = Math.min(upTo, end - 1);
    const file = await files.open(segment.path, "read");
    try {
      for await (const chunk of chunksOf(file, 0, await file.size()))
        yield* selected(chunk, { after, last, since, stream: options.stream });
    } finally {
      await file.close();
    }
  }
}

/** The time of records never goes back: where the next segment begins before then, so did all of this one. */
async function isEarlier(files: Files, next: Segment | undefined, since: string): Promise<boolean> {
  if (next === undefined || since === "") return false;
  const opening = await readOpening(files, next);
  return opening !== undefined && opening.time < since;
}

interface Wanted {
  readonly after: number;
  readonly last: number;
  /** Empty: from the beginning. */
  readonly since: string;
  readonly stream: string | undefined;
}

/** Runs of wanted lines. */
function* selected({ bytes, ends }: Chunk, { after, last, since, stream }: Wanted): Generator<Uint8Array> {
  let runStart = -1;
  let start = 0;
  for (const end of ends) {
    const position = positionOf(bytes, start);
    const isWanted =
      position > after &&
      position <= last &&
      (since === "" || timeOf(bytes, start) >= since) &&
      (stream === undefined || isOfStream(bytes, start, end, stream));
    if (isWanted && runStart < 0) runStart = start;
    if (!isWanted && runStart >= 0) {
      yield bytes.subarray(runStart, start);
      runStart = -1;
    }
    start = end + 1;
  }
  if (runStart >= 0) yield bytes.subarray(runStart, start);
}

/** The first `"stream":` of a line is the record's own: the keys before it hold no free text. */
function isOfStream(bytes: Buffer, start: number, end: number, stream: string): boolean {
  const key = ',"stream":';
  const at = bytes.indexOf(key, start);
  const wanted = `${key}${JSON.stringify(stream)},`;
  return at >= 0 && at < end && bytes.subarray(at, at + Buffer.byteLength(wanted)).toString() === wanted;
}

export interface TailOptions {
  /** The data directory. */
  readonly directory: string;
  readonly files: Files;
  readonly clock: Clock;
  /** How many of the newest records come first. */
  readonly lines: number;
  /** Goes on with new records until `signal` aborts. */
  readonly follow: boolean;
  readonly signal?: AbortSignal;
}

/** The newest lines, and new ones as they come. */
export async function* tailLog(options: TailOptions): AsyncGenerator<Uint8Array, void> {
  const { files, directory, clock, lines, follow, signal } = options;
  const segments = await listSegments(files, directory);
  let segment = segments.at(-1);
  let offset = segment === undefined ? 0 : await wholeBytes(files, segment);
  yield* await newest(files, segments, offset, lines);
  while (follow && signal?.aborted !== true) {
    const next: Segment | undefined = (await listSegments(files, directory)).find(
      (each) => each.first > (segment?.first ?? 0),
    );
    // The successor was seen first: what this segment holds now is all of it.
    const added: Uint8Array[] =
      segment === undefined ? [] : await linesFrom(files, segment, offset, Number.MAX_SAFE_INTEGER, next?.first);
    for (const piece of added) {
      offset += piece.length;
      yield piece;
    }
    if (next !== undefined) [segment, offset] = [next, 0];
    else if (added.length === 0) await clock.sleep(pollMs, signal).catch(() => undefined);
  }
}

/** The last lines, out of as many segments as it takes. `end`: how much of the last segment counts. */
async function newest(files: Files, segments: readonly Segment[], end: number, lines: number): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (let at = segments.length - 1; at >= 0 && found.length < lines; at--) {
    const segment = segments[at];
    if (segment === undefined) continue;
    const bytes = at === segments.length - 1 ? end : ((await files.stat(segment.path))?.bytes ?? 0);
    found.unshift(...(await lastLines(files, segment, bytes, lines - found.length, segments[at + 1]?.first)));
  }
  return found;
}

async function lastLines(
  files: Files,
  segment: Segment,
  bytes: number,
  lines: number,
  nextFirst?: number,
): Promise<Uint8Array[]> {
  for (let length = tailBytes; ; length *= 2) {
    const from = Math.max(0, bytes - length);
    const all = (await linesFrom(files, segment, from, bytes, nextFirst)).flatMap(splitLines);
    // Read from the middle, the first line is only the end of one.
    const whole = from === 0 ? all : all.slice(1);
    if (from === 0 || whole.length >= lines) return whole.slice(Math.max(0, whole.length - lines));
  }
}

function splitLines(piece: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < piece.length;) {
    const end = piece.indexOf(0x0a, start) + 1;
    lines.push(piece.subarray(start, end));
    start = end;
  }
  return lines;
}

/** Whole lines of the bytes `[offset, to)`; those at or past the first position of the next segment do not count. */
function linesFrom(
  files: Files,
  segment: Segment,
  offset: number,
  to: number,
  nextFirst = Number.MAX_SAFE_INTEGER,
): Promise<Uint8Array[]> {
  return withFile(files, segment.path, async (file) => {
    const pieces: Uint8Array[] = [];
    for await (const chunk of chunksOf(file, offset, Math.max(offset, Math.min(to, await file.size())))) {
      const starts = [0, ...chunk.ends.map((end) => end + 1)];
      const kept = chunk.ends.findIndex((_, at) => positionOf(chunk.bytes, starts[at] ?? 0) >= nextFirst);
      const end = starts[kept < 0 ? chunk.ends.length : kept] ?? 0;
      if (end > 0) pieces.push(chunk.bytes.subarray(0, end));
    }
    return pieces;
  });
}

/** Where the last whole line of a file ends. */
function wholeBytes(files: Files, segment: Segment): Promise<number> {
  return withFile(files, segment.path, async (file) => {
    const bytes = await file.size();
    for (let length = tailBytes; ; length *= 2) {
      const from = Math.max(0, bytes - length);
      const last = Buffer.from(await file.read(from, bytes - from)).lastIndexOf(0x0a);
      if (last >= 0 || from === 0) return from + last + 1;
    }
  });
}
