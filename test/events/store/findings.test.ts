/** What an audit finds in a log whose records or seals somebody, or a disk, has changed: each finding with its words. */
import { describe, expect, test } from "bun:test";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { loadCheckpoint, saveCheckpoint } from "../../../src/events/store/checkpoint.ts";
import { encodeLine } from "../../../src/events/store/line.ts";
import { originOf, parseSeals, signSeal, verifierKeyText } from "../../../src/events/store/seals/note.ts";
import type { Seal } from "../../../src/model/seal.ts";
import type { Files } from "../../../src/sys/files.ts";
import { signingKeyOf } from "../../../src/sys/signature.ts";
import { createDisk, diskError } from "../../simulation/disk.ts";
import { ann, appendAll, directory, linesOf, logFolder, open, overwrite, readAll, segmentsOf } from "./bed.ts";

const sealsFile = `${logFolder}/seals`;
const otherKey = signingKeyOf(new Uint8Array(32).fill(9));

/** A closed log of several segments with several seals. */
async function sealedLog(files = createDisk().boot()) {
  const { log } = await open(files, { segmentBytes: 2_500, isSealed: true });
  for (let batch = 0; batch < 12; batch++) {
    await appendAll(log, [`c${batch}`]);
    if (batch % 4 === 0) await log.sealNow();
  }
  await log.close();
  return { files, log };
}

const verify = (files: Files, kept?: Seal) => verifyLog({ directory, files, ...(kept ? { kept } : {}) });
const sealsIn = async (files: Files) => parseSeals(await files.read(sealsFile)).seals;

/** Rewrites the first line of a segment, with a hash that fits it. */
async function reopen(files: Files, path: string, change: (opening: Record<string, unknown>) => object): Promise<void> {
  const [line = "", ...rest] = await linesOf(files, path);
  const forged = Buffer.from(encodeLine(change(JSON.parse(line) as Record<string, unknown>) as never));
  await overwrite(files, path, () => Buffer.concat([forged, Buffer.from(rest.join(""), "latin1")]));
}

describe("seals", () => {
  test("where records are sent is told as the log has it", async () => {
    const files = createDisk().boot();
    const { log } = await open(files, { isSealed: true });
    const data = { key: "audit.anchor", value: "journal" };
    const events = [{ type: "settings.changed", version: 1, stream: "settings/daemon", data }];
    await log.append({ events, command: "c", by: ann }).durable;
    await log.close();
    expect((await verify(files)).seals.anchor).toBe("journal");
  });

  test("one that cannot be read is broken, and told from a torn one by the whole one behind it", async () => {
    const { files } = await sealedLog();
    const [, second] = await sealsIn(files);
    await overwrite(files, sealsFile, (bytes) => {
      bytes[bytes.indexOf(0x0a, second?.offset)] = 0x58;
      return bytes;
    });
    expect((await verify(files)).damage).toMatchObject({
      kind: "seal-broken",
      what: "a seal cannot be read",
      offset: second?.offset ?? -1,
    });
  });

  test("one that is signed with another key is not the log's", async () => {
    const { files, log } = await sealedLog();
    const notes = (await sealsIn(files)).map(
      ({ size, root }) => `${signSeal(originOf(log.id), { size, root }, otherKey).note}\n`,
    );
    await overwrite(files, sealsFile, () => Buffer.from(notes.join("")));
    expect((await verify(files)).damage).toMatchObject({
      kind: "seal-broken",
      what: "a seal is not signed with the log's key",
    });
  });

  test("a key beside the log that the log does not name is told", async () => {
    const { files, log } = await sealedLog();
    const text = `${verifierKeyText(originOf(log.id), otherKey.publicKey)}\n`;
    await overwrite(files, `${logFolder}/seal.pub`, () => Buffer.from(text));
    expect((await verify(files)).damage).toMatchObject({ kind: "seal-broken", segment: `${logFolder}/seal.pub` });
  });

  test.each([
    ["of several records", 3, "the records 1 to 3 are not what was sealed"],
    ["of one record", 1, "the record 1 is not what was sealed"],
  ])("one that the key signed over other records %s is found", async (_what, size, what) => {
    const files = createDisk().boot();
    const { log } = await open(files, { isSealed: true });
    await appendAll(log, ["a", "b"]);
    await log.close();
    const secret = signingKeyOf(new Uint8Array(32).fill(7));
    const note = signSeal(originOf(log.id), { size, root: "0".repeat(64) }, secret).note;
    await overwrite(files, sealsFile, () => Buffer.from(`${note}\n`));
    // The key is named by the second record: before it, none is the log's.
    const expected = size === 1 ? { kind: "seal-broken" } : { kind: "log-chain-broken", what };
    expect((await verify(files)).damage).toMatchObject(expected);
  });

  test("a kept one that is longer than the log says that it was rolled back", async () => {
    const { files } = await sealedLog();
    const newest = (await sealsIn(files)).at(-1);
    const kept = { ...(newest as Seal), size: (newest?.size ?? 0) + 5 };
    expect((await verify(files, kept)).damage).toMatchObject({ kind: "log-rolled-back", position: kept.size - 4 });
  });
});

describe("segments", () => {
  test("a newest one whose first line is torn, and was never told, is a tail and no damage", async () => {
    const { files } = await sealedLog();
    const position = (await readAll((await open(files)).log)).length + 1;
    const path = `${logFolder}/${String(position).padStart(12, "0")}.jsonl`;
    const file = await files.open(path, "create");
    await file.write(Buffer.from('{"position":'), 0);
    expect(await verify(files)).toMatchObject({ isIntact: true, tail: { segment: path, offset: 0, bytes: 12 } });
  });

  test("one that the disk does not give is told with the disk's error, and what is before it holds", async () => {
    let bad = "";
    const beforeCall = ({ operation, path }: { operation: string; path: string }) => {
      if (operation === "read" && path === bad) throw diskError("EIO", path);
    };
    const { files } = await sealedLog(createDisk({ beforeCall }).boot());
    [, bad = ""] = await segmentsOf(files);
    const { damage, events } = await verify(files);
    expect(damage).toMatchObject({ kind: "log-damaged", what: "it cannot be read: EIO", segment: bad });
    expect(events).toBe((damage?.position ?? 0) - 1);
  });

  test("one that does not follow the one before is found", async () => {
    const { files } = await sealedLog();
    const [, second = ""] = await segmentsOf(files);
    const previous = "f".repeat(64);
    await reopen(files, second, (opening) => ({
      ...opening,
      previous,
      data: { ...(opening["data"] as object), previous },
    }));
    expect((await verify(files)).damage).toMatchObject({
      kind: "log-chain-broken",
      what: "a segment does not follow the one before",
    });
  });

  test("one that begins with another event is found", async () => {
    const { files } = await sealedLog();
    const [, second = ""] = await segmentsOf(files);
    await reopen(files, second, (opening) => ({ ...opening, type: "instance.noted" }));
    expect((await verify(files)).damage).toMatchObject({ what: "a segment does not begin with log.segment" });
  });

  test("a first one that claims a predecessor is found", async () => {
    const { files } = await sealedLog();
    const [oldest = ""] = await segmentsOf(files);
    const previous = "f".repeat(64);
    await reopen(files, oldest, (opening) => ({
      ...opening,
      previous,
      data: { ...(opening["data"] as object), previous },
    }));
    expect((await verify(files)).damage).toMatchObject({ what: "the first record has a predecessor" });
  });

  test("rot in the first line of a sealed one is found while reading, which then makes the log read-only", async () => {
    const { files } = await sealedLog();
    const { log } = await open(files);
    const [, second = ""] = await segmentsOf(files);
    await overwrite(files, second, (bytes) => bytes.fill(0x58, 60, 61));
    await expect(readAll(log)).rejects.toMatchObject({
      code: "log-damaged",
      message: expect.stringContaining("the first record of a segment cannot be read"),
    });
    expect(log.mode().kind).toBe("read-only");
  });
});

describe("checkpoints", () => {
  test("one that is no checkpoint at all does not count", async () => {
    const { files, log } = await sealedLog();
    await files.makeDirectory(`${directory}/checkpoints`, 0o700);
    await files.writeAtomically(`${directory}/checkpoints/000000000003.json`, Buffer.from("noise"), 0o600);
    expect(await loadCheckpoint({ directory, files, log }, {})).toBeUndefined();
  });

  test("one of a position that is not durable is a bug", async () => {
    const { files, log } = await sealedLog();
    const saving = saveCheckpoint({ directory, files, log }, { position: 999, versions: {}, state: {} });
    await expect(saving).rejects.toThrow("a checkpoint is of a durable position, not 999");
  });
});
