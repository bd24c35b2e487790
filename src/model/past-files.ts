/** Files of a point, as the daemon lists and compares them. */
import { z } from "zod";

export const FileKind = z.enum(["file", "directory", "symlink", "other"]);
export type FileKind = z.infer<typeof FileKind>;

export const FileEntry = z.object({
  name: z.string(),
  kind: FileKind,
  /** Permission bits. */
  mode: z.int(),
  uid: z.int(),
  gid: z.int(),
  bytes: z.number(),
  /** Milliseconds since 1970. */
  modifiedMs: z.number(),
  target: z.string().optional(),
});
export type FileEntry = z.infer<typeof FileEntry>;

/** `isCut`: there are more than are listed. */
export const FileListing = z.object({ entries: z.array(FileEntry), isCut: z.boolean() });
export type FileListing = z.infer<typeof FileListing>;

/** What is different at the later point. `cut`: the last one, there are more names than are looked at. */
export const FileDifference = z.union([
  z.object({ change: z.enum(["added", "removed", "modified"]), kind: FileKind, path: z.string() }),
  z.object({ change: z.literal("cut"), walked: z.int() }),
]);
export type FileDifference = z.infer<typeof FileDifference>;
