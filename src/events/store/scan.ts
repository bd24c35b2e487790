/** Follows the chain through a segment, up to its first bad line, and looks behind that for lines that still verify. */
import type { OpenFile } from "../../sys/files.ts";
import { visitLines } from "./chunks.ts";
import { copyHash, durableOf, followsHash, isIntact, positionOf } from "./line.ts";

/** `unreadable`: the line's own hash does not hold. `gap`, `mismatch`: the line is intact, but does not belong here. */
export type Fault = "unreadable" | "gap" | "mismatch";

export interface Checker {
  /** Position and hash of the last good line. */
  position(): number;
  hash(): string;
  /** Does this line come next? Advances when it does. */
  check(bytes: Uint8Array, start: number, end: number): Fault | undefined;
}

/** Starts behind the record `after`. */
export function createChecker(after: { position: number; hash: string }): Checker {
  const hash = Buffer.from(after.hash, "latin1");
  let position = after.position;
  return {
    position: () => position,
    hash: () => hash.toString("latin1"),
    check: (bytes, start, end) => {
      if (!isIntact(bytes, start, end)) return "unreadable";
      if (positionOf(bytes, start) !== position + 1) return "gap";
      if (!followsHash(bytes, end, hash)) return "mismatch";
      position++;
      copyHash(bytes, end, hash);
      return undefined;
    },
  };
}

export interface Scan {
  /** The last good record. */
  readonly position: number;
  readonly hash: string;
  /** Where the good lines end. */
  readonly offset: number;
  /** The highest watermark in any intact line, also behind a bad one. */
  readonly durable: number;
  /** What follows the good lines, if anything does; a last line without its end is `unreadable`. */
  readonly fault?: Fault;
  /** Position of the line at a `gap`. */
  readonly found?: number;
}

export interface ScanOptions {
  readonly after: { position: number; hash: string };
  /** Where the file ends for this scan. */
  readonly bytes: number;
  /** Stops behind this position, whatever follows. */
  readonly upTo?: number;
  /** Called with each good line. */
  onLine?(bytes: Buffer, start: number, end: number, offset: number): void;
}

export async function scanSegment(file: OpenFile, options: ScanOptions): Promise<Scan> {
  const checker = createChecker(options.after);
  const upTo = options.upTo ?? Number.MAX_SAFE_INTEGER;
  let durable = 0;
  let fault: Fault | undefined;
  let found: number | undefined;
  let good = 0;
  const { offset, isDone } = await visitLines(file, 0, options.bytes, (bytes, start, end, at) => {
    if (checker.position() >= upTo) return false;
    if (fault === undefined) fault = checker.check(bytes, start, end);
    if (fault === undefined) {
      durable = Math.max(durable, durableOf(bytes, end));
      options.onLine?.(bytes, start, end, at);
      good = at + end + 1 - start;
    } else if (isIntact(bytes, start, end)) {
      found ??= positionOf(bytes, start);
      durable = Math.max(durable, durableOf(bytes, end));
    }
    return true;
  });
  if (fault === undefined && isDone && offset < options.bytes && checker.position() < upTo) fault = "unreadable";
  return {
    position: checker.position(),
    hash: checker.hash(),
    offset: good,
    durable,
    ...(fault === undefined ? {} : { fault }),
    ...(found === undefined ? {} : { found }),
  };
}
