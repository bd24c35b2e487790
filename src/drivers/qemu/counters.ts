/** What a machine uses: processor and memory of QEMU's process as the kernel counts them, the disk by QEMU itself. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { Counters } from "../metrics.ts";
import { ownProcess } from "./judge.ts";
import type { Life } from "./life.ts";
import { readRun } from "./run-record.ts";

/** A machine that hangs is not waited for; the next look comes soon. */
const answerMs = 1_000;

const bytes = z.int().min(0);
/** `query-blockstats`, of which only the device counts: a node's name changes with each snapshot. */
const BlockStats = z.array(
  z.object({ qdev: z.string().default(""), stats: z.object({ rd_bytes: bytes, wr_bytes: bytes }) }),
);

/** Bytes of the machine's own disk in an answer to `query-blockstats`; nothing where it does not tell. */
export function diskCounters(answer: unknown): Pick<Counters, "diskReadBytes" | "diskWrittenBytes"> {
  const disk = BlockStats.safeParse(answer).data?.find(({ qdev }) => qdev.includes("/disk0/"));
  return disk ? { diskReadBytes: disk.stats.rd_bytes, diskWrittenBytes: disk.stats.wr_bytes } : {};
}

/** Takes no turn: a look must not wait for a snapshot, nor a snapshot for it. Throws `machine-not-running`. */
export async function readCounters({ context, id, paths, qmp }: Life): Promise<Counters> {
  const record = await readRun(context.files, paths.run);
  const isHere = record.phase === "live" && record.boot === (await context.bootId());
  const identity = isHere ? ownProcess(context.processes, id, record) : undefined;
  const usage = identity && context.processes.usage(identity);
  if (!usage) throw new UserError("machine-not-running", "the machine does not run");
  const disk = await qmp?.execute("query-blockstats", undefined, answerMs).then(diskCounters, () => undefined);
  return { ...usage, ...disk };
}
