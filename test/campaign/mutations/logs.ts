/** Logs to be damaged: sound ones by chance, and how they are laid into a folder. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { appendAll, fixedClock, logFolder, open } from "../../events/store/bed.ts";
import { createDisk } from "../../simulation/disk.ts";
import type { Random } from "../../simulation/random.ts";
import type { LogFiles } from "./damage.ts";

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
  const names = (await files.list(logFolder)).filter((name) => /jsonl$|^seal/.test(name));
  const read = names.map(async (name) => [name, Buffer.from(await files.read(`${logFolder}/${name}`))] as const);
  return new Map(await Promise.all(read));
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
