/** Seals as text: a C2SP tlog-checkpoint (origin, tree size, root) in a C2SP signed note, and the key that verifies it. */
import { sha256 } from "../../../sys/hash.ts";
import { isSignature, publicKeyBytes } from "../../../sys/signature.ts";
import type { SigningKey } from "../../../sys/signature.ts";
import { dash, notePattern, parseSeal, type Seal, wholeNote } from "../../../model/seal.ts";
import type { TreeHead } from "../merkle.ts";

/** A public key as C2SP's verifier key: `NAME+ID+BASE64`. */
export interface VerifierKey {
  readonly name: string;
  readonly id: string;
  readonly publicKey: Uint8Array;
}

/** Signature algorithm of C2SP signed notes: Ed25519. */
const algorithm = 1;
const keyIdBytes = 4;
const signatureBytes = 64;

export const originOf = (log: string): string => `strata/${log}`;

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** SHA-256(name || LF || algorithm || key), the first four bytes. */
function keyIdOf(name: string, publicKey: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([algorithm]), publicKey])).subarray(0, keyIdBytes);
}

export function verifierKeyText(name: string, publicKey: Uint8Array): string {
  const key = Buffer.concat([Buffer.from([algorithm]), publicKey]).toString("base64");
  return `${name}+${hexOf(keyIdOf(name, publicKey))}+${key}`;
}

/** Undefined for anything else, also when the id is not that of the key. */
export function parseVerifierKey(text: string): VerifierKey | undefined {
  const [, name, id, encoded] = /^([!-*,-~]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text) ?? [];
  if (name === undefined || id === undefined || encoded === undefined) return undefined;
  const key = Buffer.from(encoded, "base64");
  const publicKey = key.subarray(1);
  const isRight = key[0] === algorithm && publicKey.length === publicKeyBytes && hexOf(keyIdOf(name, publicKey)) === id;
  return isRight ? { name, id, publicKey } : undefined;
}

export function signSeal(origin: string, { size, root }: Pick<TreeHead, "size" | "root">, key: SigningKey): Seal {
  const text = `${origin}\n${size}\n${Buffer.from(root, "hex").toString("base64")}\n`;
  const signature = Buffer.concat([keyIdOf(origin, key.publicKey), key.sign(Buffer.from(text))]);
  return { origin, size, root, note: `${text}\n${dash} ${origin} ${signature.toString("base64")}\n` };
}

/** In bytes as Latin-1 text, so that places in the text are places in the file. */
const dashBytes = Buffer.from(dash).toString("latin1");
const placedNote = `${notePattern(dashBytes)}\n`;

/** Was this note signed with this key, under its name? */
export function isSealedBy({ origin, note }: Seal, key: VerifierKey): boolean {
  const [, , , , name, encoded = ""] = wholeNote.exec(note) ?? [];
  const signed = Buffer.from(encoded, "base64");
  const message = Buffer.from(note.slice(0, note.indexOf("\n\n") + 1));
  return (
    origin === key.name &&
    name === key.name &&
    signed.length === keyIdBytes + signatureBytes &&
    signed.toString("base64") === encoded &&
    hexOf(signed.subarray(0, keyIdBytes)) === key.id &&
    isSignature(key.publicKey, message, signed.subarray(keyIdBytes))
  );
}

/** A seal in the file of seals, and where it begins there. */
export type PlacedSeal = Seal & { readonly offset: number };

export interface SealFile {
  readonly seals: readonly PlacedSeal[];
  /** Bytes of whole notes, each with the empty line behind it. */
  readonly bytes: number;
  /** Bytes behind them that a crash may have left. */
  readonly torn: number;
  /** Where something begins that is neither a note nor a torn one. */
  readonly brokenAt?: number;
}

/** Reads the notes of a file of seals. `from`: where `bytes` begin in the file; what precedes the first note there is passed over. */
export function parseSeals(bytes: Uint8Array, from = 0): SealFile {
  const text = Buffer.from(bytes).toString("latin1");
  const pattern = new RegExp(placedNote, "y");
  const seals: PlacedSeal[] = [];
  let at = from === 0 ? 0 : firstNote(text);
  for (pattern.lastIndex = at; ; at = pattern.lastIndex) {
    const whole = pattern.exec(text)?.[0].slice(0, -1);
    const seal = whole === undefined ? undefined : parseSeal(Buffer.from(whole, "latin1").toString());
    if (seal === undefined) break;
    seals.push({ ...seal, offset: from + at });
  }
  const rest = text.slice(at);
  // Written in one piece at the end: a torn one lacks its end, or has zeros where a sector is missing.
  // The empty line before the signature is no end.
  const isTorn = !new RegExp(`${dashBytes} [^\\n]*\\n\\n$`).test(rest) || rest.includes("\0");
  // Where zeros took the beginning of its first line, the rest of that line is no note of its own.
  const isLast = !new RegExp(`(?<=^|\\n)${placedNote}`).test(rest);
  const isBroken = rest !== "" && !(isTorn && isLast);
  return { seals, bytes: from + at, torn: rest.length, ...(isBroken ? { brokenAt: from + at } : {}) };
}

/** Behind the end of a note that is cut at its start. */
function firstNote(text: string): number {
  const end = new RegExp(`\\n\\n${dashBytes} [^\\n]*\\n\\n`).exec(text);
  return end === null ? text.length : end.index + end[0].length;
}
