/** Segments: the files the log is kept in, their names, and the event on their first line. */
import { z } from "zod";
import type { Files } from "../../sys/files.ts";
import type { NewEvent, Recorded } from "../envelope.ts";
import type { TreeHead } from "./merkle.ts";

/** Raised when older programs could misread the lines. */
export const logFormat = 1;
/** A segment this large is sealed: the next batch opens a new one. */
export const segmentBytesMax = 16 << 20;
export const quarantineDirectory = "quarantine";
/** A complete segment is read-only. */
export const sealedMode = 0o400;

/** A segment starts with the record at `first` and ends where the next one begins. */
export interface Segment {
  readonly first: number;
  readonly path: string;
}

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const SegmentData = z.object({
  format: z.int(),
  log: z.string(),
  /** Hash of the last record of the segment before; 64 zeros in the first segment. */
  previous: digest,
  /** All lines before this one (Tree in merkle.ts). */
  tree: z.object({ size: z.int(), root: digest, peaks: z.array(digest) }),
});
export type SegmentData = z.infer<typeof SegmentData>;

/** What the daemon keeps where, below its data directory. */
export const logDirectory = (directory: string): string => `${directory}/log`;
export const headPath = (directory: string): string => `${directory}/log/head`;
/** Signed heads, one after the other, and the key that they are verified with. */
export const sealsPath = (directory: string): string => `${directory}/log/seals`;
export const sealPublicPath = (directory: string): string => `${directory}/log/seal.pub`;
/** What was archived and where, and the Merkle leaves of all of it: what is proved without it. */
export const archivedPath = (directory: string): string => `${directory}/log/archived`;
export const leavesPath = (directory: string): string => `${directory}/log/leaves`;
/** A checkpoint behind everything that was archived: without the records themselves nothing else could be folded. */
export const archivedStatePath = (directory: string): string => `${directory}/log/archived.state`;
/** The secret key stays with the other keys, outside of what is copied with the log. */
export const sealKeyDirectory = (directory: string): string => `${directory}/keys`;
export const sealKeyPath = (directory: string): string => `${directory}/keys/seal.pem`;
export const checkpointDirectory = (directory: string): string => `${directory}/checkpoints`;
/** The next segment, made and reserved ahead; renamed when its first position is known. */
export const nextPath = (directory: string): string => `${directory}/log/next`;
export const segmentName = (first: number): string => `${String(first).padStart(12, "0")}.jsonl`;
export const indexPath = (segment: Segment): string => segment.path.replace(/jsonl$/, "index");

export function segmentAt(directory: string, first: number): Segment {
  return { first, path: `${logDirectory(directory)}/${segmentName(first)}` };
}

/** All segments in order; none when there is no log directory. */
export async function listSegments(files: Files, directory: string): Promise<Segment[]> {
  if ((await files.stat(logDirectory(directory))) === undefined) return [];
  return segmentsIn(files, logDirectory(directory));
}

/** The segments in a folder of theirs, in order. */
export async function segmentsIn(files: Files, folder: string): Promise<Segment[]> {
  const names = (await files.list(folder)).filter((name) => /^\d{12}\.jsonl$/.test(name));
  const segments = names.map((name) => ({ first: Number.parseInt(name, 10), path: `${folder}/${name}` }));
  return segments.sort((a, b) => a.first - b.first);
}

/** The event that opens a segment. */
export function segmentEvent(log: string, previous: string, tree: TreeHead): NewEvent {
  const data: SegmentData = { format: logFormat, log, previous, tree: { ...tree, peaks: [...tree.peaks] } };
  return { type: "log.segment", version: 1, stream: `log/${log}`, data };
}

/** What a segment's first record says, or undefined when it is no such record. */
export function segmentData(record: Recorded): SegmentData | undefined {
  if (record.type !== "log.segment") return undefined;
  const parsed = SegmentData.safeParse(record.data);
  return parsed.success ? parsed.data : undefined;
}
