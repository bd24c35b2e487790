/** The live state as it is loaded from a log, and what is made of a log that cannot be read. */
import { expect, test } from "bun:test";
import { loadWorld } from "../../src/daemon/state.ts";
import { createDisk, type DiskCall, diskError } from "../simulation/disk.ts";
import { ann, directory, open } from "../events/store/bed.ts";

async function filled() {
  let isBad = false;
  const beforeCall = ({ operation, path }: DiskCall) => {
    if (isBad && operation === "open" && path.endsWith(".jsonl")) throw diskError("EMFILE", path);
  };
  const files = createDisk({ beforeCall }).boot();
  const { log } = await open(files);
  const data = { key: "images.keep", value: "1d" };
  const events = [{ type: "settings.changed", version: 1, stream: "settings/daemon", data }];
  await log.append({ events, command: "c-1", by: ann }).durable;
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
