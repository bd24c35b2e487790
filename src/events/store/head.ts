/** The head: position and hash of the newest durable record, in its own file beside the log. */
import { z } from "zod";
import type { Files } from "../../sys/files.ts";
import { headPath } from "./segment.ts";

const Head = z.object({ position: z.int(), hash: z.string() });
export type Head = z.infer<typeof Head>;

/** The head on disk; undefined when there is none or when it cannot be read: it is evidence, the log does not depend on it. */
export async function readHead(files: Files, directory: string): Promise<Head | undefined> {
  if ((await files.stat(headPath(directory))) === undefined) return undefined;
  try {
    return Head.parse(JSON.parse(new TextDecoder().decode(await files.read(headPath(directory)))));
  } catch {
    return undefined;
  }
}

export async function writeHead(files: Files, directory: string, { position, hash }: Head): Promise<void> {
  const text = `${JSON.stringify({ position, hash })}\n`;
  await files.writeAtomically(headPath(directory), new TextEncoder().encode(text), 0o600);
}
