/** Image files of this machine: hashed here, and streamed to the daemon, which never opens a path of ours. */
import type { ApiClient } from "../api/client.ts";
import type { ImageFiles } from "../commands/context.ts";
import { UserError, messageOf } from "../errors.ts";
import { systemIds } from "../sys/ids.ts";

const keyringBytesMax = 512 * 1024;

export function imageFiles(api: ApiClient, version: string): ImageFiles {
  return {
    async read(image, onBytes, signal) {
      const { findImageFile, hashPieces, readPieces } = await import("../sys/image-file.ts");
      const source = await findImageFile(image);
      return source && { ...source, sha256: await hashPieces(readPieces(source, onBytes, signal)) };
    },
    async keyring(path) {
      const { readBounded } = await import("../sys/image-file.ts");
      const bytes = await readBounded(path, keyringBytesMax).catch((cause: unknown) => {
        throw new UserError("keyring-unreadable", `the keyring ${path} cannot be read: ${messageOf(cause)}`, { cause });
      });
      return Buffer.from(bytes).toString("base64");
    },
    async upload(file, onBytes, signal) {
      const [{ readPieces }, { openFrames }, { runUpload }] = await Promise.all([
        import("../sys/image-file.ts"),
        import("../api/frames.ts"),
        import("../api/upload-client.ts"),
      ]);
      const open = { command: systemIds.next(), name: file.name, bytes: file.bytes };
      const stream = await openFrames(api, version, "image.upload", open);
      const pieces = readPieces(file, () => {}, signal);
      return runUpload(stream, pieces, (sent) => onBytes(sent, file.bytes), signal);
    },
  };
}
