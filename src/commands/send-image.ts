/** An image file of this machine on its way to the daemon. */
import type { Context, ImageFile } from "./context.ts";

/** Sends it, unless the daemon has its content or unpacked that from the same file before. */
export async function sendFile(
  { api, images }: Pick<Context, "api" | "images">,
  file: ImageFile,
  onBytes: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<{ readonly name: string; readonly sha256: string }> {
  const known = await api.call("image.list", {});
  const here = known.find(({ sha256, source }) => sha256 === file.sha256 || source?.digest === `sha256:${file.sha256}`);
  return { name: file.name, sha256: here?.sha256 ?? (await images.upload(file, onBytes, signal)) };
}
