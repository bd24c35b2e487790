/** Reads listings: over the web, or from a folder of this machine. */
import { fileURLToPath } from "./file-url.ts";
import { UserError } from "../errors.ts";
import { shownUrl } from "../model/image-name.ts";
import type { Outside } from "../model/outside.ts";
import type { Files } from "../sys/files.ts";
import { type ListingReader, listingInvalid } from "./host.ts";
import { unreachable, type Web, type WebAnswer } from "./web.ts";

export interface ReaderOptions {
  readonly web: Web;
  readonly files: Files;
  readonly outside: Pick<Outside, "proxies" | "certificates">;
  readonly signal: AbortSignal;
}

export function createReader({ web, files, outside, signal }: ReaderOptions): ListingReader {
  return {
    async read(url, bytesMax) {
      if (url.startsWith("file:")) return readFile(files, url, bytesMax);
      const answer = await web.get({ url, outside, signal });
      try {
        if (answer.status === 404 || answer.status === 410) return undefined;
        if (answer.status !== 200) throw unreachable(url, `it answers ${answer.status} for ${shownUrl(url)}`);
        return await readText(answer, bytesMax);
      } finally {
        await answer.close();
      }
    },
  };
}

async function readText({ url, header, body }: WebAnswer, bytesMax: number) {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > bytesMax) throw listingInvalid(shownUrl(url), `it is longer than ${bytesMax} bytes`);
    pieces.push(piece);
  }
  const modified = header("last-modified");
  return { text: Buffer.concat(pieces).toString(), ...(modified !== undefined && { modified }) };
}

async function readFile(files: Files, url: string, bytesMax: number) {
  const path = fileURLToPath(url);
  const status = await files.stat(path);
  if (status === undefined) return undefined;
  if (status.kind !== "file") throw new UserError("image-listing-invalid", `${path} is no file`);
  if (status.bytes > bytesMax) throw listingInvalid(path, `it is longer than ${bytesMax} bytes`);
  return { text: new TextDecoder().decode(await files.read(path)) };
}
