/** Segments that were complete and not yet sealed when the process ended: the next start seals all of them, not the newest only. */
import { expect, test } from "bun:test";
import { createDisk } from "../../simulation/disk.ts";
import { appendAll, commandsIn, open, segmentsOf } from "./bed.ts";

const commands = Array.from({ length: 20 }, (_, index) => `c${index}`);

test("they become read-only, and the blocks that were reserved behind them are free", async () => {
  let isStuck = true;
  const disk = createDisk({
    beforeCall: ({ operation, path }) =>
      isStuck && operation === "truncate" && path.endsWith(".jsonl") ? new Promise(() => undefined) : undefined,
  });
  const { log } = await open(disk.boot(), { segmentBytes: 2_000 });
  await appendAll(log, commands);
  disk.kill();
  isStuck = false;
  const files = disk.boot();
  const complete = (await segmentsOf(files)).slice(0, -1);
  expect(complete.length).toBeGreaterThan(3);
  const { log: next } = await open(files);
  expect(await commandsIn(next)).toEqual(commands);
  for (const path of complete) {
    const { bytes, mode, allocatedBytes } = (await files.stat(path)) ?? {};
    expect({ path, mode, allocatedBytes }).toEqual({ path, mode: 0o400, allocatedBytes: bytes });
  }
});
