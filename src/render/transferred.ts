/** What a transfer has copied, for programs. */
import type { JsonObject, View } from "./view.ts";

export interface TransferResult {
  /** `web:/home/ubuntu/notes`, or a path here. */
  readonly target: string;
  readonly files: number;
  readonly folders: number;
  readonly links: number;
  readonly bytes: number;
  /** Names that were not copied. */
  readonly faults: number;
  readonly durationMs: number;
}

export function transferredView(result: TransferResult): View {
  const { target, files, folders, links, bytes, faults, durationMs } = result;
  const document: JsonObject = { schema: 1, target, files, folders, links, bytes, faults, durationMs };
  return {
    document,
    records: [document],
    csv: {
      header: ["target", "files", "folders", "links", "bytes", "faults", "duration_ms"],
      rows: [[target, ...[files, folders, links, bytes, faults, durationMs].map(String)]],
    },
    names: [target],
    table: () => target,
  };
}
