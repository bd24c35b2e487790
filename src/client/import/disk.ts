/** The disk of a foreign instance: judged by its first bytes before any tool opens it, and read as it stands. */
import { headerBytes, readImageHeader } from "../../drivers/qemu/image-header.ts";
import { UserError } from "../../errors.ts";
import type { ForeignDisk } from "../../model/foreign.ts";
import { openPlain, type PlainFile } from "../../sys/plain-file.ts";

/** Of the pieces that a disk is read in. */
const pieceBytes = 2 ** 20;

export interface JudgedDisk extends ForeignDisk {
  /** Undefined: that cannot be told on this system. */
  readonly isLocked: boolean | undefined;
}

/**
 * Throws `disk-missing`, `disk-format-unsure`, or `image-invalid` for what needs another file or is no disk. Multipass opens every disk
 * as a qcow2 but those called .raw; of these the guest writes the first bytes, so that nobody must believe what they say.
 */
export async function judgeDisk(path: string): Promise<JudgedDisk> {
  const file = await openPlain(path);
  if (!file) throw new UserError("disk-missing", `its disk ${path} is missing`);
  try {
    const { format } = readImageHeader(await file.read(0, headerBytes), file.bytes);
    const wanted = /\.raw$/i.test(path) ? "raw" : "qcow2";
    if (format !== wanted)
      throw new UserError(
        "disk-format-unsure",
        `its disk ${path} should be ${wanted}, and its first bytes say ${format}`,
      );
    return { path, bytes: file.bytes, format, isLocked: await file.isLocked() };
  } finally {
    await file.close();
  }
}

/** The disk from its beginning to its end. Throws `disk-changed` when it did not stay the same meanwhile, before the last of it counts. */
export async function* diskPieces({ path, bytes }: ForeignDisk, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await openPlain(path);
  if (!file) throw changed(path);
  try {
    if (file.bytes !== bytes) throw changed(path);
    yield* piecesOf(file, signal);
    // A machine that was started meanwhile locks its disk before it writes.
    if (!(await file.isUnchanged()) || (await file.isLocked())) throw changed(path);
  } finally {
    await file.close();
  }
}

async function* piecesOf(file: PlainFile, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < file.bytes;) {
    signal.throwIfAborted();
    const piece = await file.read(at, Math.min(pieceBytes, file.bytes - at));
    if (piece.length === 0) return;
    at += piece.length;
    yield piece;
  }
}

const changed = (path: string) =>
  new UserError("disk-changed", `${path} was changed while it was read: its machine must stay off meanwhile`);
