/** What the kernel tells of a file, as the fields of a struct statx (statx(2)): the same on every architecture. */
import { allocate, type Memory } from "./calls.ts";

const bytes = 256;

/** S_IFMT and what it tells apart. */
const kindMask = 0o170000;
const kinds = { file: 0o100000, directory: 0o040000, link: 0o120000 } as const;

export const statusMemory = (): Memory => allocate(bytes);

/** A 64-bit number as far as it is exact: 9 PB. */
const large = (at: Buffer, offset: number): number => at.readUInt32LE(offset) + at.readUInt32LE(offset + 4) * 2 ** 32;

/** Seconds since 1970; before it, below zero. */
const seconds = (at: Buffer, offset: number): number => at.readUInt32LE(offset) + at.readInt32LE(offset + 4) * 2 ** 32;

/** Fields of `at`; `mode` has the file's kind in it. */
export const statusFields = {
  links: (at: Buffer) => at.readUInt32LE(16),
  uid: (at: Buffer) => at.readUInt32LE(20),
  gid: (at: Buffer) => at.readUInt32LE(24),
  mode: (at: Buffer) => at.readUInt16LE(28),
  size: (at: Buffer) => large(at, 40),
  accessed: (at: Buffer) => seconds(at, 64),
  modified: (at: Buffer) => seconds(at, 112),
} as const;

export const isKind = (at: Buffer, kind: keyof typeof kinds): boolean =>
  (statusFields.mode(at) & kindMask) === kinds[kind];
