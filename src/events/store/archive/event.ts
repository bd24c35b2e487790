/** The event of an archive: which records were moved aside, and what they say that later ones are judged by. */
import { z } from "zod";
import type { Recorded } from "../../envelope.ts";

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const ArchivedData = z.object({
  from: z.int().min(1),
  to: z.int().min(1),
  /** Of the record `to`, and the Merkle root of all up to it. */
  hash: digest,
  root: digest,
  /** The folder, on the host that moved them. */
  place: z.string(),
  segments: z.int().min(1),
  bytes: z.int().min(1),
  /** Keys that records up to `to` name, and audit.anchor as it was there. */
  keys: z.array(z.object({ position: z.int().min(1), key: z.string() })),
  anchor: z.string(),
});
export type ArchivedData = z.infer<typeof ArchivedData>;

/** Undefined when it is no such event. */
export function archivedData(record: Recorded): ArchivedData | undefined {
  return record.type === "log.archived" ? ArchivedData.safeParse(record.data).data : undefined;
}
