/** Checks where segments meet: first and last lines only, so that a long log opens as fast as a short one. */
import { z } from "zod";
import type { Files, OpenFile } from "../../sys/files.ts";
import { hashOf, isIntact, noHash, parseLine, positionOf, previousOf } from "./line.ts";
import { scanSegment } from "./scan.ts";
import type { Scan } from "./scan.ts";
import { logFormat, segmentData } from "./segment.ts";
import type { Segment, SegmentData } from "./segment.ts";
import type { Damage } from "../../model/audit.ts";

/** Longer than any first line. */
const firstLineBytesMax = 16 << 10;
const tailBytesMin = 4 << 10;

/** The first line of a segment, or undefined when it is not intact. */
export interface Opening {
  readonly position: number;
  readonly time: string;
  readonly previous: string;
  /** The format it claims; newer ones may look different otherwise. */
  readonly format: number | undefined;
  /** Undefined when the record is no `log.segment` of this format. */
  readonly data: SegmentData | undefined;
}

export async function withFile<Value>(
  files: Files,
  path: string,
  work: (file: OpenFile) => Promise<Value>,
): Promise<Value> {
  const file = await files.open(path, "read");
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

export function readOpening(files: Files, segment: Segment): Promise<Opening | undefined> {
  return withFile(files, segment.path, async (file) => {
    const bytes = Buffer.from(await file.read(0, firstLineBytesMax));
    const end = bytes.indexOf(0x0a);
    if (end < 0 || !isIntact(bytes, 0, end)) return undefined;
    const record = parseLine(bytes, 0, end);
    const format = record.type === "log.segment" ? z.int().safeParse(record.data["format"]).data : undefined;
    return {
      position: record.position,
      time: record.time,
      previous: previousOf(bytes, end),
      format,
      data: segmentData(record),
    };
  });
}

/** Position and hash of the last line of a file; undefined when it does not end with an intact line. */
async function readEnd(file: OpenFile): Promise<{ position: number; hash: string } | undefined> {
  const size = await file.size();
  for (let length = tailBytesMin; ; length *= 2) {
    const from = Math.max(0, size - length);
    const read = await file.read(from, size - from);
    const bytes = Buffer.from(read.buffer, read.byteOffset, read.length);
    const end = bytes.length - 1;
    const start = end < 1 ? 0 : bytes.lastIndexOf(0x0a, end - 1) + 1;
    if (start === 0 && from > 0) continue;
    if (bytes[end] !== 0x0a || !isIntact(bytes, start, end)) return undefined;
    return { position: positionOf(bytes, start), hash: hashOf(bytes, end) };
  }
}

/** Bytes behind the end of a segment that has a successor: left by a write that failed, never acknowledged. */
export interface Leftover {
  readonly segment: Segment;
  readonly offset: number;
  readonly bytes: number;
}

/** Is this first line the right one for this file in this log? */
export function openingDamage(
  segment: Segment,
  opening: Opening | undefined,
  log: string | undefined,
): Damage | undefined {
  const place = { segment: segment.path, offset: 0, position: segment.first };
  if (opening === undefined)
    return { ...place, kind: "log-damaged", what: "the first record of a segment cannot be read" };
  const { format, data, position, previous } = opening;
  if (format !== undefined && format > logFormat)
    return { ...place, kind: "log-newer", what: `its format ${format} is newer than ${logFormat}` };
  if (data === undefined)
    return { ...place, kind: "log-chain-broken", what: "a segment does not begin with log.segment" };
  if (log !== undefined && data.log !== log)
    return { ...place, kind: "log-chain-broken", what: `a segment belongs to the log ${data.log}` };
  const isRight = position === segment.first && previous === data.previous && data.tree.size === position - 1;
  if (!isRight) return { ...place, kind: "log-chain-broken", what: "a segment's first record does not fit its name" };
  if (position === 1 && previous !== noHash)
    return { ...place, kind: "log-chain-broken", what: "the first record has a predecessor" };
  return undefined;
}

/** Does `next` follow `segment`? When only the last line does not say so, the whole segment is read. */
export function checkJoint(
  files: Files,
  segment: Segment,
  opening: Opening,
  next: Segment,
  nextOpening: Opening,
): Promise<{ damage?: Damage; leftover?: Leftover }> {
  return withFile(files, segment.path, async (file) => {
    const end = await readEnd(file);
    if (end?.position === next.first - 1 && end.hash === nextOpening.previous) return {};
    const bytes = await file.size();
    const after = { position: segment.first - 1, hash: opening.previous };
    const scan = await scanSegment(file, { after, bytes, upTo: next.first - 1 });
    const damage = jointDamage(segment, scan, next, nextOpening);
    if (damage !== undefined) return { damage };
    return scan.offset < bytes ? { leftover: { segment, offset: scan.offset, bytes: bytes - scan.offset } } : {};
  });
}

function jointDamage(segment: Segment, scan: Scan, next: Segment, nextOpening: Opening): Damage | undefined {
  const place = { segment: segment.path, offset: scan.offset, position: scan.position + 1 };
  if (scan.position === next.first - 1) {
    if (scan.hash === nextOpening.previous) return undefined;
    return {
      kind: "log-chain-broken",
      what: "a segment does not follow the one before",
      segment: next.path,
      offset: 0,
      position: next.first,
    };
  }
  if (scan.fault !== undefined) return faultDamage(scan, place);
  return { ...place, kind: "log-incomplete", what: missing(scan.position + 1, next.first - 1) };
}

/** What a bad line inside a segment means when it must have been acknowledged. */
export function faultDamage(
  { fault, found }: Scan,
  place: { segment: string; offset: number; position: number },
): Damage {
  if (fault === "gap") {
    const isLoss = found !== undefined && found > place.position;
    const what = isLoss ? missing(place.position, found - 1) : `a record with position ${found} is out of order`;
    return { ...place, kind: isLoss ? "log-incomplete" : "log-chain-broken", what };
  }
  if (fault === "mismatch")
    return { ...place, kind: "log-chain-broken", what: "a record does not follow from the one before" };
  return { ...place, kind: "log-damaged", what: "an acknowledged record cannot be read" };
}

function missing(from: number, to: number): string {
  return from === to ? `the record ${from} is missing` : `the records ${from} to ${to} are missing`;
}
