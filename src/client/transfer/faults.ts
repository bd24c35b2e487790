/** What is passed over: a part that cannot be copied, while the others can. */
import { UserError, messageOf } from "../../errors.ts";
import type { Job } from "./job.ts";

/** Of a source that is more than can be copied at all. */
export const endlessCode = "folder-endless";

/** Refusals that will meet all that follows, too. */
const isHopeless = (error: unknown): boolean =>
  error instanceof Error && "code" in error && ["ENOSPC", "EDQUOT", "EROFS", endlessCode].includes(String(error.code));

/** Tells the job what failed, and why. Rejects when nothing more is wanted, or nothing more can be copied. */
export async function orPassedOver(job: Job, path: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    job.signal.throwIfAborted();
    if (isHopeless(error)) throw error;
    job.passOver({ path, why: messageOf(error), ...(error instanceof UserError && { code: error.code }) });
  }
}
