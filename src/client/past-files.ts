/** A file of a point, written where the caller wants it: by the client, since the daemon opens no path of ours. */
import { openFrames } from "../api/frames.ts";
import { runDownload } from "../api/download-client.ts";
import type { ApiClient } from "../api/client.ts";
import type { PastFiles } from "../commands/context.ts";
import { exitCodes, messageOf, UserError } from "../errors.ts";
import { FileEntry } from "../model/past-files.ts";
import { absolutePath, dirname, systemFiles as files } from "../sys/files.ts";
import type { OutputStream } from "../sys/output.ts";

export function pastFiles(api: ApiClient, version: string, stdout: OutputStream): PastFiles {
  return {
    async fetch(place, target, signal) {
      const stream = await openFrames(api, version, "point.read", place);
      const { about, content } = await runDownload(stream, signal);
      const { kind, mode } = FileEntry.parse(about);
      // The guest may call it anything; what was asked for is a name of ours.
      const name = place.path.split("/").findLast((part) => part !== "") ?? "root";
      if (kind === "directory" && target !== "-" && !target.endsWith(".tar")) {
        stream.destroy();
        throw new UserError("path-is-folder", `${place.path} is a folder; it comes as a tar archive`, {
          exit: exitCodes.usage,
          hints: [["did you mean", `strata transfer ${place.instance}@${place.point}:${place.path} ${name}.tar`]],
        });
      }
      if (target === "-") return { path: "-", bytes: await toOutput(stdout, content) };
      const path = await fileFor(target, name);
      return { path, bytes: await toFile(path, kind === "directory" ? 0o644 : mode & 0o777, content) };
    },
  };
}

/** In a folder, under its own name. */
async function fileFor(target: string, name: string): Promise<string> {
  const path = absolutePath(target);
  return (await files.stat(path))?.kind === "directory" ? `${path}/${name}` : path;
}

async function toOutput(stdout: OutputStream, content: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of content) {
    stdout.write(chunk);
    bytes += chunk.length;
  }
  return bytes;
}

/** Whole or not at all: under another name until all of it is there. Throws `file-not-written`. */
async function toFile(path: string, mode: number, content: AsyncIterable<Uint8Array>): Promise<number> {
  const partial = `${path}.partial`;
  try {
    const file = await files.open(partial, "ensure", mode);
    let bytes = 0;
    try {
      await file.truncate(0);
      for await (const chunk of content) {
        await file.write(chunk, bytes);
        bytes += chunk.length;
      }
    } finally {
      await file.close();
    }
    await files.rename(partial, path);
    return bytes;
  } catch (cause) {
    if (await files.stat(partial).catch(() => undefined)) await files.remove(partial);
    if (cause instanceof UserError) throw cause;
    throw new UserError("file-not-written", `${path} cannot be written: ${messageOf(cause)}`, {
      hints: [["next", `ls -ld ${dirname(path)}`]],
      cause,
    });
  }
}
