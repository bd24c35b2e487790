/** Copies segments into an archive's folder, each written whole, synced, and read back to its last hash. */
import { UserError } from "../../../errors.ts";
import { errorCode } from "../../../sys/files.ts";
import type { Files } from "../../../sys/files.ts";
import { readOpening, withFile } from "../joints.ts";
import { scanSegment } from "../scan.ts";
import { type Segment, sealedMode } from "../segment.ts";
import { other, unwritable } from "./archive.ts";
import type { Moved } from "./plan.ts";
import { segmentIn } from "./segments.ts";

/** What a crash left of a copy. The folder may hold other things, which are not ours. */
const cutOff = /^\d{12}\.jsonl\.[\w-]+\.tmp$/;

/** What is there already stays, if it is the same. Throws `archive-other` and `archive-unwritable`. */
export async function copySegments(files: Files, target: string, moved: Moved): Promise<void> {
  const { segments, to, hash } = moved;
  try {
    await files.makeDirectory(target, 0o700);
    for (const name of await files.list(target)) if (cutOff.test(name)) await files.remove(`${target}/${name}`);
    for (const [at, segment] of segments.entries()) {
      const next = segments[at + 1];
      const end = next
        ? { position: next.first - 1, hash: (await readOpening(files, next))?.previous }
        : { position: to, hash };
      await copy(files, segment, target);
      await confirm(files, segmentIn(target, segment.first), end);
    }
  } catch (error) {
    throw errorCode(error) === undefined ? error : unwritable(target, error);
  }
}

async function copy(files: Files, segment: Segment, target: string): Promise<void> {
  const { path } = segmentIn(target, segment.first);
  const bytes = await files.read(segment.path);
  if ((await files.stat(path)) === undefined) return files.writeAtomically(path, bytes, sealedMode);
  if (Buffer.compare(await files.read(path), bytes) !== 0) throw other(target, segment.first);
  // It may be there for us only: whoever made it may have been killed before that was durable.
  const file = await files.open(path, "read");
  await file.sync().finally(() => file.close());
  await files.syncDirectory(target);
}

/** Follows the chain through the copy. */
async function confirm(
  files: Files,
  copied: Segment,
  end: { readonly position: number; readonly hash: string | undefined },
): Promise<void> {
  const opening = await readOpening(files, copied);
  const after = { position: copied.first - 1, hash: opening?.previous ?? "" };
  const scan = await withFile(files, copied.path, async (file) =>
    scanSegment(file, { after, bytes: await file.size(), upTo: end.position }),
  );
  if (scan.position === end.position && scan.hash === end.hash) return;
  throw new UserError("archive-unwritable", `${copied.path} cannot be read as it was written`, {
    hints: [["why", "nothing was removed from the log"]],
  });
}
