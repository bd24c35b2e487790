/** Power is cut while the log is mended: a torn tail cut off, lost records put back from a copy, a recovery itself cut short. */
import { appendFile, cp, readdir, readFile, writeFile } from "node:fs/promises";
import { repairFrom } from "../../../../src/events/store/repair/from-copy.ts";
import { logDirectory } from "../../../../src/events/store/segment.ts";
import { systemFiles } from "../../../../src/sys/files.ts";
import { ann } from "../../../events/store/bed.ts";
import { append, appendFromSides, type Bed, copyOf, open, type Scenario } from "./bed.ts";

const segmentBytes = 3_000;

async function fill(bed: Bed): Promise<string[]> {
  const log = await open(bed, { segmentBytes });
  for (let count = 0; count < 15; count++) await append(bed, log, `before-${count}`);
  await log.close();
  const folder = logDirectory(bed.directory);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort();
  return names.map((name) => `${folder}/${name}`);
}

async function useIt(bed: Bed): Promise<void> {
  const log = await open(bed, { segmentBytes });
  await appendFromSides(bed, log, 2, 4);
  await log.close();
}

const torn: Scenario = {
  name: "torn",
  prepare: async (bed) => {
    const segments = await fill(bed);
    const last = segments.at(-1) ?? "";
    const [line = ""] = (await readFile(last, "utf8")).split("\n").slice(-2);
    await appendFile(last, line.slice(0, 1 + bed.random.below(line.length)) + "\0".repeat(bed.random.below(500)));
  },
  run: useIt,
};

const restore: Scenario = {
  name: "restore",
  isDamaged: true,
  prepare: async (bed) => {
    const segments = await fill(bed);
    await cp(bed.directory, copyOf(bed.disk), { recursive: true });
    for (const path of segments.slice(1, 3)) {
      const bytes = await readFile(path);
      const at = 400 + bed.random.below(bytes.length - 400);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
  },
  run: async (bed) => {
    const { directory, clock, ids, journal } = bed;
    await repairFrom({ directory, files: systemFiles, from: copyOf(bed.disk), clock, ids, by: ann, isWanted: true });
    journal.repaired();
    await useIt(bed);
  },
};

/** Starts where power was cut while segments rolled. */
const again: Scenario = { name: "again", after: "roll", run: useIt };

export const mending: readonly Scenario[] = [torn, restore, again];
