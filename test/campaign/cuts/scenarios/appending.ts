/** Power is cut while events come in: into a new log, an old one, across segments, with checkpoints, and after kills. */
import { open as openFile } from "node:fs/promises";
import { saveCheckpoint } from "../../../../src/events/store/checkpoint.ts";
import { systemFiles } from "../../../../src/sys/files.ts";
import { reserveBlocks } from "../../../../src/sys/libc.ts";
import { append, appendFromSides, type Bed, fillOf, open, type Scenario } from "./bed.ts";

/** A log that was used and closed. */
async function prepare(bed: Bed): Promise<void> {
  const log = await open(bed);
  for (let count = 0; count < 5; count++) await append(bed, log, `before-${count}`);
  await log.close();
}

const fresh: Scenario = {
  name: "new",
  run: async (bed) => {
    const log = await open(bed);
    await appendFromSides(bed, log, 2, 3);
    await log.close();
  },
};

const sides: Scenario = {
  name: "sides",
  prepare,
  run: async (bed) => {
    const log = await open(bed);
    await appendFromSides(bed, log, 4, 10);
    await log.close();
  },
};

const roll: Scenario = {
  name: "roll",
  prepare,
  run: async (bed) => {
    const log = await open(bed, { segmentBytes: 2_000 + bed.random.below(4_000) });
    await appendFromSides(bed, log, 3, 12);
    await log.close();
  },
};

const checkpoints: Scenario = {
  name: "checkpoints",
  prepare,
  run: async (bed) => {
    const log = await open(bed, { segmentBytes: 8_000 });
    for (let count = 0; count < 20; count++) {
      await append(bed, log, `c-${count}`);
      const position = log.durable();
      const checkpoint = { position, versions: { all: 1 }, state: { position } };
      if (count % 4 === 3) await saveCheckpoint({ directory: bed.directory, files: systemFiles, log }, checkpoint);
      if (bed.random.chance(0.3)) bed.clock.runTimers();
    }
    await log.close();
  },
};

/** Each life ends in the middle of its work. */
const kills: Scenario = {
  name: "kills",
  prepare,
  lives: 3,
  run: async (bed) => {
    const log = await open(bed, { segmentBytes: 4_000 });
    const working = appendFromSides(bed, log, 3, 12);
    await Promise.race([working, append(bed, log, `last-${bed.life}`).then(() => appendSome(bed, log))]);
  },
};

/** Nothing is free any more while it appends: what was reserved carries it, as far as that goes. */
const full: Scenario = {
  name: "full",
  prepare,
  run: async (bed) => {
    const log = await open(bed, { segmentBytes: 10_000 });
    await append(bed, log, "space");
    await fillUp(bed);
    for (let count = 0; count < 25 && log.mode().kind === "writable"; count++) {
      // One that is refused was not promised; that it is whole or not there is for the judge to see.
      await append(bed, log, `full-${count}`).catch(() => undefined);
      if (bed.random.chance(0.2)) bed.clock.runTimers();
    }
    await log.close();
  },
};

/** Takes every block that is left, without a byte being written. */
async function fillUp({ disk }: Bed): Promise<void> {
  const file = await openFile(fillOf(disk), "w");
  let end = 0;
  for (let bytes = 2 ** 28; bytes >= 2 ** 10; bytes /= 2) {
    for (; reserveBlocks(file.fd, end, bytes); end += bytes);
  }
  await file.sync();
  await file.close();
}

async function appendSome(bed: Bed, log: Awaited<ReturnType<typeof open>>): Promise<void> {
  const count = 3 + bed.random.below(10);
  for (let each = 0; each < count; each++) await append(bed, log, `some-${bed.life}-${each}`);
}

export const appending: readonly Scenario[] = [fresh, sides, roll, checkpoints, kills, full];
