/** Logs to be damaged: sound ones by chance, and how they are laid into a folder. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { archiveLog } from "../../../src/events/store/archive/archive.ts";
import { saveCheckpoint } from "../../../src/events/store/checkpoint.ts";
import type { EventLog } from "../../../src/events/store/log.ts";
import type { Files } from "../../../src/sys/files.ts";
import { ann, appendAll, countedIds, directory, fixedClock, logFolder, open } from "../../events/store/bed.ts";
import { createDisk } from "../../simulation/disk.ts";
import type { Random } from "../../simulation/random.ts";
import type { LogFiles } from "./damage.ts";

/** One in so many has its beginning archived. */
const archivedEvery = 4;

/** A log of several segments and seals. */
export async function soundLog(random: Random): Promise<LogFiles> {
  const files = createDisk().boot();
  const clock = fixedClock();
  const { log } = await open(files, { segmentBytes: 1500 + random.below(4000), isSealed: true, clock });
  const batches = 5 + random.below(20);
  for (let batch = 0; batch < batches; batch++) {
    await appendAll(log, [`c${batch}`]);
    if (random.chance(0.2)) await log.sealNow();
  }
  await log.close();
  if (random.chance(1 / archivedEvery)) await archiveSome(files, 1 + random.below(3));
  const names = (await files.list(logFolder)).filter((name) => /jsonl$|^seal|^archived$|^leaves$/.test(name));
  const read = names.map(async (name) => [name, Buffer.from(await files.read(`${logFolder}/${name}`))] as const);
  return new Map(await Promise.all(read));
}

async function archiveSome(files: Files, keep: number): Promise<void> {
  const prepare = async (log: EventLog) => {
    await saveCheckpoint({ directory, files, log }, { position: log.durable(), versions: {}, state: {} });
    return {};
  };
  const ports = { files, clock: fixedClock("2026-11-21T00:00:00.000Z"), ids: countedIds(), by: ann };
  await archiveLog({ directory, target: "/archive", choice: { keep }, prepare, ...ports });
}

/** Writes a log into a folder of its own below `place`; answers which. */
export function store(place: string, name: string, files: LogFiles): string {
  const folder = join(place, name);
  mkdirSync(join(folder, "log"), { recursive: true });
  for (const [file, bytes] of files) writeFileSync(join(folder, "log", file), bytes);
  return folder;
}

export const isSame = (a: LogFiles, b: LogFiles): boolean =>
  a.size === b.size && [...a].every(([name, bytes]) => b.get(name)?.equals(bytes) === true);
