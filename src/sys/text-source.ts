/** A small text that a user names: a file, a web address, or `-` for standard input; read within a bound. */
import { open } from "node:fs/promises";
import { UserError, messageOf } from "../errors.ts";
import { formatSize } from "../model/size.ts";

const bytesMax = 2 ** 20;
/** A web address must have given its text by then. */
const webMs = 60_000;

export interface TextSource {
  readonly text: string;
  /** `file web.yaml`, `text from https://host/path`, `text from standard input`: for messages, without passwords of an address. */
  readonly what: string;
}

/** Throws `text-unreadable`. */
export async function readTextSource(source: string): Promise<TextSource> {
  const what = nameOf(source);
  try {
    return { text: decode(await gather(piecesOf(source))), what };
  } catch (cause) {
    throw new UserError("text-unreadable", `the ${what} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

const isWeb = (source: string): boolean => /^https?:\/\//i.test(source);

function nameOf(source: string): string {
  if (source === "-") return "text from standard input";
  if (!isWeb(source)) return `file ${source}`;
  const { protocol, host, pathname } = URL.canParse(source) ? new URL(source) : new URL("http://(not an address)");
  return `text from ${protocol}//${host}${pathname}`;
}

function piecesOf(source: string): AsyncIterable<Uint8Array> {
  if (source === "-") return Bun.stdin.stream();
  return isWeb(source) ? webPieces(source) : filePieces(source);
}

async function* webPieces(address: string): AsyncGenerator<Uint8Array> {
  const response = await fetch(address, { signal: AbortSignal.timeout(webMs) });
  if (!response.ok) throw new Error(`the server answers ${response.status} ${response.statusText}`.trim());
  if (response.body) yield* response.body;
}

/** A pipe, as a shell's `<(...)` makes one, is as good as a file. */
async function* filePieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, "r");
  try {
    const found = await file.stat();
    if (!found.isFile() && !found.isFIFO())
      throw new Error(found.isDirectory() ? "it is a directory" : "it is no file");
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(bytesMax + 1), 0, bytesMax + 1);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > bytesMax) throw new Error(`it has more than ${formatSize(bytesMax)}`);
    parts.push(piece);
  }
  return Buffer.concat(parts);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error("it is not UTF-8 text");
  }
}

function reasonOf(cause: unknown): string {
  const message = messageOf(cause);
  if (message.startsWith("ENOENT")) return "it does not exist";
  if (message.startsWith("EACCES")) return "you may not read it";
  if (message.startsWith("ECONNREFUSED")) return "nobody answers at that address";
  return cause instanceof Error && cause.name === "TimeoutError" ? `no answer within ${webMs / 1000} s` : message;
}
