/** Images by name: files in the folder `images/` beside the executable, each with an optional description beside it. */
import { z } from "zod";
import { UserError } from "../errors.ts";
import type { Files } from "../sys/files.ts";

export interface FolderImage {
  readonly name: string;
  /** For people, for example `Debian 12`; the name when nothing says otherwise. */
  readonly title: string;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface ImageFolder {
  /** Rejects with `image-description-invalid` when NAME.json is there and is none. */
  find(name: string): Promise<FolderImage | undefined>;
  /** Names that `find` knows, sorted; none when there is no folder. */
  names(): Promise<string[]>;
  /** The file's bytes in order. Rejects with the signal's reason. */
  open(path: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** In the order of preference when several files have one name. */
const suffixes = [".qcow2", ".img", ".raw"] as const;
const pieceBytes = 2 ** 20;
const descriptionBytesMax = 64 * 1024;

/** NAME.json. Unknown fields are left to newer versions. */
const Description = z.object({ title: z.string().min(1).max(200).optional() });

/** Names are file names: nothing that leads out of the folder or hides. */
const isName = (name: string) => /^[A-Za-z0-9][\w.-]{0,99}$/.test(name);

/** The name under which a file of the folder is found, if it can be an image. */
function nameOf(file: string): string[] {
  const suffix = suffixes.find((each) => file.endsWith(each));
  const name = suffix === undefined ? "" : file.slice(0, -suffix.length);
  return isName(name) ? [name] : [];
}

export function createImageFolder({ directory, files }: { directory: string; files: Files }): ImageFolder {
  const fileOf = async (name: string): Promise<Pick<FolderImage, "path" | "bytes" | "modifiedMs"> | undefined> => {
    if (!isName(name)) return undefined;
    for (const suffix of suffixes) {
      const path = `${directory}/${name}${suffix}`;
      const status = await files.stat(path);
      if (status?.kind === "file") return { path, bytes: status.bytes, modifiedMs: status.modifiedMs };
    }
    return undefined;
  };
  const describe = async (name: string): Promise<z.infer<typeof Description>> => {
    const path = `${directory}/${name}.json`;
    const status = await files.stat(path);
    if (status?.kind !== "file") return {};
    const invalid = (why: string) =>
      new UserError("image-description-invalid", `${path} does not describe an image: ${why}`);
    if (status.bytes > descriptionBytesMax) throw invalid(`more than ${descriptionBytesMax} bytes`);
    const parsed = Description.safeParse(parseJson(await files.read(path)));
    if (!parsed.success) throw invalid(z.prettifyError(parsed.error));
    return parsed.data;
  };
  return {
    find: async (name) => {
      const file = await fileOf(name);
      if (file === undefined) return undefined;
      const { title = name } = await describe(name);
      return { name, title, ...file };
    },
    names: async () => {
      if ((await files.stat(directory))?.kind !== "directory") return [];
      const names = new Set((await files.list(directory)).flatMap(nameOf));
      const found = await Promise.all([...names].map(async (name) => ((await fileOf(name)) ? [name] : [])));
      return found.flat().sort();
    },
    open: (path, signal) => readPieces(files, path, signal),
  };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

/** A file's bytes in order. Rejects with the signal's reason. */
export async function* readPieces(files: Files, path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const file = await files.open(path, "read");
  try {
    for (let offset = 0; ;) {
      signal.throwIfAborted();
      const piece = await file.read(offset, pieceBytes);
      if (piece.length > 0) yield piece;
      if (piece.length < pieceBytes) return;
      offset += piece.length;
    }
  } finally {
    await file.close();
  }
}
