/** What a crash, a disk or a person does to the files between two lives. */
import { appendFileSync, chmodSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../../simulation/random.ts";
import { dataIn, journalIn } from "./life.ts";

const logOf = (root: string): string => join(dataIn(root), "log");
const segmentsOf = (root: string): string[] =>
  readdirSync(logOf(root))
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => join(logOf(root), name));
const newest = (root: string): string => segmentsOf(root).at(-1) ?? "";

const removeAll = (folder: string, ending: string): void => {
  for (const name of readdirSync(folder)) if (name.endsWith(ending)) rmSync(join(folder, name));
};

export const removeIndexes = (root: string): void => removeAll(logOf(root), ".index");
export const removeCheckpoints = (root: string): void => removeAll(join(dataIn(root), "checkpoints"), ".json");
export const removeHead = (root: string): void => rmSync(join(logOf(root), "head"));
export const removeSealKey = (root: string): void => rmSync(join(dataIn(root), "keys", "seal.pem"));

/** The beginning of a line that was never acknowledged. */
export function tearTail(root: string, random: Random): void {
  const line = readFileSync(newest(root), "utf8").split("\n").at(-2) ?? "";
  appendFileSync(newest(root), line.slice(0, 1 + random.below(line.length - 1)));
}

/** Head, seals and checkpoints know nothing of the last batch, which is cut in the middle. */
export function tearBatch(root: string, random: Random): void {
  const lines = readFileSync(newest(root), "utf8").split("\n").slice(0, -1);
  const at = lines.findLastIndex((line) => /"batch":\[2,/.test(line));
  const kept = `${lines.slice(0, at).join("\n")}\n`;
  const torn = (lines[at] ?? "").slice(0, random.below(200));
  forget(root);
  // As if nobody had been told.
  rmSync(journalIn(root));
  writeFileSync(newest(root), kept + torn);
}

/** What vouches for the end: without it the end may be torn. */
function forget(root: string): void {
  removeHead(root);
  removeCheckpoints(root);
  rmSync(join(logOf(root), "seals"));
}

export const addZeros = (root: string, random: Random): void =>
  appendFileSync(newest(root), Buffer.alloc(1 + random.below(5_000)));

export function tearSeals(root: string, random: Random): void {
  const path = join(logOf(root), "seals");
  truncateSync(path, readFileSync(path).length - 1 - random.below(60));
}

/** A segment whose first line did not reach the disk as a whole. */
export function addFailedSegment(root: string, random: Random): void {
  const path = newest(root);
  const lines = readFileSync(path, "utf8").split("\n");
  const { position } = JSON.parse(lines.at(-2) ?? "") as { position: number };
  const first = (lines[0] ?? "").slice(0, random.below(300));
  writeFileSync(join(logOf(root), `${String(position + 1).padStart(12, "0")}.jsonl`), first, { mode: 0o600 });
}

/** Rot in the middle of what was acknowledged. */
export function damage(root: string, random: Random): void {
  const segments = segmentsOf(root);
  const path = segments[random.below(segments.length)] ?? "";
  const bytes = readFileSync(path);
  const at = Math.floor(bytes.length / 4) + random.below(Math.floor(bytes.length / 4));
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
}

export function removeSegment(root: string, random: Random): void {
  const segments = segmentsOf(root);
  rmSync(segments[random.below(segments.length - 1)] ?? "");
}

/** Shorter than the head and the seals say. */
export function cutEnd(root: string, random: Random): void {
  truncateSync(newest(root), Math.floor(readFileSync(newest(root)).length * (0.3 + 0.5 * random.next())));
}
