/** Image files that a user names: told from image names, hashed and read in pieces. */
import { open, readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError, exitCodes, messageOf } from "../errors.ts";

const chunkBytes = 1 << 20;
const imageSuffix = /\.(img|qcow2|raw)(\.(xz|gz))?$/i;

export interface ImageSource {
  readonly path: string;
  /** What the instance's record will say the image was: the file's name. */
  readonly name: string;
  readonly bytes: number;
}

/** The file that `image` means: file://, a path with a slash, or a file here with an image's suffix. Undefined: it is a name or a web address. Throws `image-unreadable`. */
export async function findImageFile(image: string): Promise<ImageSource | undefined> {
  const isFileUrl = /^file:\/\//i.test(image);
  const isPath = image.includes("/") && (isFileUrl || !/^[a-z][a-z0-9+.-]*:\/\//i.test(image));
  if (!isPath && (image.includes("/") || !imageSuffix.test(image))) return undefined;
  const path = isFileUrl ? pathOf(image) : resolve(image);
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new Error(found.isDirectory() ? "it is a directory" : "it is no regular file");
    if (found.size === 0) throw new Error("it is empty");
    return { path, name: basename(path), bytes: found.size };
  } catch (cause) {
    const isMissing = messageOf(cause).startsWith("ENOENT");
    if (isMissing && !isPath) return undefined;
    throw new UserError(
      "image-unreadable",
      `the image file ${image} cannot be read: ${isMissing ? "it does not exist" : messageOf(cause)}`,
      {
        exit: exitCodes.failed,
        cause,
        hints: isMissing ? [["next", "strata images"]] : [],
      },
    );
  }
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new UserError("image-unreadable", `"${url}" is no file of this machine`, {
      exit: exitCodes.usage,
      cause,
      hints: [["form", "file:///absolute/path"]],
    });
  }
}

/** A whole file, which may have at most `bytesMax`. */
export async function readBounded(path: string, bytesMax: number): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > bytesMax) throw new Error(`it has more than ${bytesMax} bytes`);
  return readFile(path);
}

/** Pieces of a file in order; `onBytes` hears how far it is. Rejects with the signal's reason. */
export async function* readPieces(
  source: ImageSource,
  onBytes: (done: number, total: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const file = await open(source.path, "r").catch((cause: unknown) => {
    throw new UserError("image-unreadable", `the image file ${source.path} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  });
  try {
    for (let done = 0; ;) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await file.read(new Uint8Array(chunkBytes), 0, chunkBytes, done);
      if (bytesRead === 0) return;
      done += bytesRead;
      yield buffer.subarray(0, bytesRead);
      onBytes(done, source.bytes);
    }
  } finally {
    await file.close();
  }
}

/** SHA-256 in hexadecimal. */
export async function hashPieces(pieces: AsyncIterable<Uint8Array>): Promise<string> {
  const hasher = new Bun.CryptoHasher("sha256");
  for await (const piece of pieces) hasher.update(piece);
  return hasher.digest("hex");
}
