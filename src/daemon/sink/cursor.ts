/** How far a sink has got: the position of the newest event that it took, in a small file of the data directory. */
import { z } from "zod";
import type { EventLog } from "../../events/store/log.ts";
import type { Files } from "../../sys/files.ts";

const Cursor = z.object({ to: z.string(), position: z.int().min(0) });

export interface CursorOptions {
  readonly directory: string;
  readonly files: Pick<Files, "read" | "stat" | "writeAtomically">;
  readonly log: Pick<EventLog, "read" | "durable">;
}

const pathOf = (directory: string): string => `${directory}/sink.json`;

/** Of the sink `to`. One that is new begins with the event that set it: what was before is for `audit export`. */
export async function readCursor({ directory, files, log }: CursorOptions, to: string): Promise<number> {
  const path = pathOf(directory);
  const known = (await files.stat(path)) === undefined ? undefined : parse(await files.read(path));
  if (known?.to === to) return known.position;
  for await (const { data, position } of log.read({ stream: "settings/daemon", reverse: true }))
    if (data["key"] === "audit.sink") return position - 1;
  return log.durable();
}

export async function saveCursor({ directory, files }: CursorOptions, to: string, position: number): Promise<void> {
  await files.writeAtomically(pathOf(directory), Buffer.from(`${JSON.stringify({ to, position })}\n`), 0o600);
}

/** A file that has rotted is none. */
function parse(bytes: Uint8Array): z.infer<typeof Cursor> | undefined {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return undefined;
  }
}
