/** One record as one line of bytes: written once in a fixed key order, checked without parsing, never written again. */
import { sha256Hex, sha256Into } from "../../sys/hash.ts";
import { parseJsonLines } from "../../sys/json-lines.ts";
import type { Actor, Recorded } from "../envelope.ts";

/** Where fixed parts begin, counted back from the end of a line without its newline:
 *  `...,"previous":"<64>","hash":"<64>"}`. */
const fromEnd = { hashKey: 75, hash: 66, previousKey: 153, previous: 140 } as const;
const hexLength = 64;
const timeLength = 24;
const lineBytesMin = fromEnd.previousKey + 64;
/** `previous` of the first record. */
export const noHash = "0".repeat(hexLength);

const codes = (text: string): Uint8Array => new TextEncoder().encode(text);
const positionKey = codes('{"position":');
const timeKey = codes(',"time":"');
const typeKey = codes('","type":"');
const durableKey = codes(',"durable":');
const previousKey = codes(',"previous":"');
const hashKey = codes(',"hash":"');
const hexCodes = codes("0123456789abcdef");
const quote = 0x22;
const brace = 0x7d;
const zero = 0x30;

/** The text of an actor, made once per actor: the same few write everything. */
const actorTexts = new WeakMap<Actor, string>();

function actorText(by: Actor): string {
  const known = actorTexts.get(by);
  if (known !== undefined) return known;
  const text = JSON.stringify(by);
  actorTexts.set(by, text);
  return text;
}

/** A record that still gets its hash. */
export type Unhashed = { -readonly [Key in keyof Recorded]: Recorded[Key] };

const encoder = new TextEncoder();
/** One allocation holds many lines. */
const arenaBytes = 256 << 10;
/** A UTF-16 unit takes at most three bytes in UTF-8. */
const bytesPerUnitMax = 3;
let arena = new Uint8Array(0);
let arenaUsed = 0;

function encode(text: string): Uint8Array {
  if (arena.length - arenaUsed < text.length * bytesPerUnitMax) {
    arena = new Uint8Array(Math.max(arenaBytes, text.length * bytesPerUnitMax));
    arenaUsed = 0;
  }
  const { written } = encoder.encodeInto(text, arena.subarray(arenaUsed));
  const bytes = arena.subarray(arenaUsed, arenaUsed + written);
  arenaUsed += written;
  return bytes;
}

/** Text as JSON. Most of it is names and ids, which need no escapes and so no serializer. */
const quoted = (text: string): string => (/^[\w./: -]*$/.test(text) ? `"${text}"` : JSON.stringify(text));
const optional = (key: string, text: string | undefined): string =>
  text === undefined ? "" : `,"${key}":${quoted(text)}`;

/** The line of a record, with its newline. Sets the record's `hash`, and its `data` to what a reader of the line will parse. */
export function encodeLine(record: Unhashed): Uint8Array {
  const data = JSON.stringify(record.data);
  const line = encode(
    `{"position":${record.position},"time":"${record.time}","type":${quoted(record.type)},"version":${record.version}` +
      `,"stream":${quoted(record.stream)},"revision":${record.revision},"command":${quoted(record.command)}` +
      optional("operation", record.operation) +
      (record.batch === undefined ? "" : `,"batch":[${record.batch[0]},${record.batch[1]}]`) +
      `,"by":${actorText(record.by)}` +
      optional("reason", record.reason) +
      `,"data":${data},"durable":${record.durable},"previous":"${record.previous}","hash":"${noHash}"}\n`,
  );
  const end = line.length - 1;
  record.hash = sha256Hex(line.subarray(0, end - fromEnd.hashKey));
  record.data = JSON.parse(data) as Record<string, unknown>;
  for (let index = 0; index < hexLength; index++) line[end - fromEnd.hash + index] = record.hash.charCodeAt(index);
  return line;
}

/** The record of a line that has been checked. */
export function parseLine(bytes: Buffer, start: number, end: number): Recorded {
  return JSON.parse(bytes.toString("utf8", start, end)) as Recorded;
}

/** The records of `count` checked lines, `bytes[start, end)`, parsed from the bytes without a text of each; none when one of
 *  them is no JSON: `parseLine` tells which. */
export function parseLines(bytes: Buffer, start: number, end: number, count: number): readonly Recorded[] {
  const values = parseJsonLines(bytes, start, end);
  return values.length === count ? (values as readonly Recorded[]) : [];
}

function hasAt(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let index = 0; index < expected.length; index++) if (bytes[at + index] !== expected[index]) return false;
  return true;
}

/** The digits from `at`, as a number; -1 when there are none. */
function numberAt(bytes: Uint8Array, at: number): number {
  let value = -1;
  for (let digit = (bytes[at] ?? 0) - zero; digit >= 0 && digit <= 9; digit = (bytes[++at] ?? 0) - zero) {
    value = Math.max(value, 0) * 10 + digit;
  }
  return value;
}

const digest = new Uint8Array(32);

/** Does the line's own hash cover its bytes, and is it laid out as a record? */
export function isIntact(bytes: Uint8Array, start: number, end: number): boolean {
  const hashAt = end - fromEnd.hash;
  const isLaidOut =
    end - start >= lineBytesMin &&
    bytes[end - 1] === brace &&
    bytes[end - 2] === quote &&
    hasAt(bytes, end - fromEnd.hashKey, hashKey) &&
    hasAt(bytes, end - fromEnd.previousKey, previousKey) &&
    hasAt(bytes, start, positionKey);
  if (!isLaidOut) return false;
  sha256Into(bytes.subarray(start, end - fromEnd.hashKey), digest);
  for (let index = 0; index < digest.length; index++) {
    const byte = digest[index] ?? 0;
    if (bytes[hashAt + 2 * index] !== hexCodes[byte >> 4] || bytes[hashAt + 2 * index + 1] !== hexCodes[byte & 15])
      return false;
  }
  return true;
}

export const positionOf = (bytes: Uint8Array, start: number): number => numberAt(bytes, start + positionKey.length);

const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + at, length).toString("latin1");

export const hashOf = (bytes: Uint8Array, end: number): string => textAt(bytes, end - fromEnd.hash, hexLength);
export const previousOf = (bytes: Uint8Array, end: number): string => textAt(bytes, end - fromEnd.previous, hexLength);

/** The `durable` watermark of an intact line; -1 when it has none. */
export function durableOf(bytes: Uint8Array, end: number): number {
  let at = end - fromEnd.previousKey;
  while ((bytes[at - 1] ?? 0) >= zero && (bytes[at - 1] ?? 0) <= zero + 9) at--;
  return hasAt(bytes, at - durableKey.length, durableKey) ? numberAt(bytes, at) : -1;
}

/** The time of an intact line; empty when it has none. */
export function timeOf(bytes: Uint8Array, start: number): string {
  let at = start + positionKey.length;
  while (bytes[at] !== undefined && bytes[at] !== timeKey[0]) at++;
  return hasAt(bytes, at, timeKey) ? textAt(bytes, at + timeKey.length, timeLength) : "";
}

/** Is this the type of an intact line? */
export function hasType(bytes: Uint8Array, start: number, type: Uint8Array): boolean {
  let at = start + positionKey.length;
  while (bytes[at] !== undefined && bytes[at] !== timeKey[0]) at++;
  at += timeKey.length + timeLength;
  const from = at + typeKey.length;
  return hasAt(bytes, at, typeKey) && hasAt(bytes, from, type) && bytes[from + type.length] === quote;
}

/** Is `previous` of the line in `bytes[.., end)` the hash of another line, given as its 64 characters? */
export function followsHash(bytes: Uint8Array, end: number, hash: Uint8Array): boolean {
  return hasAt(bytes, end - fromEnd.previous, hash);
}

/** Copies the 64 characters of a line's hash, to compare the next line's `previous` with. */
export function copyHash(bytes: Uint8Array, end: number, into: Uint8Array): void {
  into.set(bytes.subarray(end - fromEnd.hash, end - fromEnd.hash + hexLength));
}
