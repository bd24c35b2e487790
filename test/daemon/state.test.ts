/** The live state as it is loaded from a log, and what is made of a log that cannot be read. */
import { expect, test } from "bun:test";
import { keepCheckpoints, loadWorld } from "../../src/daemon/state.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { emptyWorld } from "../../src/events/world.ts";
import { createDisk, type DiskCall, diskError } from "../simulation/disk.ts";
import { ann, directory, open, overwrite, segmentsOf } from "../events/store/bed.ts";

async function setKeep(log: EventLog, value: string): Promise<void> {
  const data = { key: "images.keep", value };
  const events = [{ type: "settings.changed", version: 1, stream: "settings/daemon", data }];
  await log.append({ events, command: `c-${value}`, by: ann }).durable;
}

async function filled() {
  let isBad = false;
  const beforeCall = ({ operation, path }: DiskCall) => {
    if (isBad && operation === "open" && path.endsWith(".jsonl")) throw diskError("EMFILE", path);
  };
  const files = createDisk({ beforeCall }).boot();
  const { log } = await open(files);
  await setKeep(log, "1d");
  return { log, files, fail: (now: boolean) => (isBad = now) };
}

test("a log that the disk does not let be read is not folded to less than it holds, and can be read later", async () => {
  const { log, files, fail } = await filled();
  fail(true);
  await expect(loadWorld({ directory, files, log })).rejects.toMatchObject({ code: "log-unreadable" });
  expect(log.mode().kind).toBe("writable");
  fail(false);
  expect((await loadWorld({ directory, files, log })).settings).toEqual({ "images.keep": "1d" });
});

test("nor is a checkpoint of it passed over because it cannot be compared just now", async () => {
  const { log, files, fail } = await filled();
  let world = emptyWorld();
  const checkpoints = keepCheckpoints({ directory, files, log }, () => world, expect.unreachable);
  world = await loadWorld({ directory, files, log });
  await checkpoints.save();
  fail(true);
  await expect(loadWorld({ directory, files, log })).rejects.toMatchObject({ code: "log-unreadable" });
});

/** A log of several segments with a checkpoint of its third day, one byte of which rots. */
async function rotten(text: string) {
  const files = createDisk().boot();
  const options = { segmentBytes: 1_500 };
  const { log } = await open(files, options);
  for (let day = 1; day <= 3; day++) await setKeep(log, `${day}d`);
  let world = emptyWorld();
  const checkpoints = keepCheckpoints({ directory, files, log }, () => world, expect.unreachable);
  world = await loadWorld({ directory, files, log });
  await checkpoints.save();
  for (let day = 4; day <= 12; day++) await setKeep(log, `${day}d`);
  await log.close();
  for (const path of await segmentsOf(files))
    await overwrite(files, path, (bytes) => {
      const at = Buffer.from(bytes).indexOf(text);
      if (at >= 0) bytes[at + 1] = 57;
      return bytes;
    });
  return { files, log: (await open(files, options)).log };
}

test("rot in the very record that a checkpoint is of makes the log read-only, and what was known is still answered", async () => {
  const { files, log } = await rotten('"3d"');
  expect(await loadWorld({ directory, files, log })).toMatchObject({ settings: { "images.keep": "3d" } });
  expect(log.mode()).toMatchObject({ kind: "read-only", error: { code: "log-damaged" } });
});

test("rot at the very beginning of the log does not make the daemon answer as if there were nothing", async () => {
  const { files, log } = await rotten('{"position":1,');
  expect(await loadWorld({ directory, files, log })).toMatchObject({ settings: { "images.keep": "3d" } });
  expect(log.mode()).toMatchObject({ kind: "read-only", error: { code: "log-damaged" } });
});
