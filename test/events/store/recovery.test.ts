/** Every row of the recovery table: what a crash, a rotten disk or a person can do to a log, and what opening it then answers. */
import { describe, expect, test } from "bun:test";
import { UserError } from "../../../src/errors.ts";
import { encodeLine } from "../../../src/events/store/line.ts";
import type { EventLog, OpenedLog } from "../../../src/events/store/log.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import type { Files } from "../../../src/sys/files.ts";
import { createDisk, diskError } from "../../simulation/disk.ts";
import {
  appendAll,
  batchOf,
  commandsIn,
  directory,
  linesOf,
  logFolder,
  open,
  overwrite,
  readAll,
  segmentsOf,
} from "./bed.ts";

const first = `${logFolder}/000000000001.jsonl`;
const names = ["a", "b", "c", "d", "e"];

/** A log of five events in one segment, closed or killed; the head is there only when it was closed. */
async function prepared(end: "closed" | "killed", segmentBytes?: number): Promise<Files> {
  const disk = createDisk();
  const { log } = await open(disk.boot(), segmentBytes === undefined ? {} : { segmentBytes });
  await appendAll(log, names);
  if (end === "closed") await log.close();
  disk.kill();
  return disk.boot();
}

const append = (text: string | Uint8Array) => (bytes: Uint8Array) => Buffer.concat([bytes, Buffer.from(text)]);

/** Turns one character within the line of a record. */
function flipped(record: number) {
  return (bytes: Uint8Array): Uint8Array => {
    const starts = [0];
    bytes.forEach((byte, at) => byte === 10 && starts.push(at + 1));
    const at = (starts[record - 1] ?? 0) + 60;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
}

const withoutLine = (record: number) => (bytes: Uint8Array) => {
  const lines = Buffer.from(bytes)
    .toString()
    .split(/(?<=\n)/);
  return Buffer.from(lines.filter((_, at) => at !== record - 1).join(""));
};

function errorOf(log: EventLog): UserError {
  const mode = log.mode();
  if (mode.kind === "writable") throw new Error("expected a read-only log");
  return mode.error;
}

/** Opens what must be read-only, and checks that nothing on the disk was touched by that. */
async function openDamaged(files: Files): Promise<EventLog> {
  const before = await contents(files);
  const { log, repaired } = await open(files);
  expect(repaired).toBeUndefined();
  expect(await contents(files)).toEqual(before);
  expect(() => log.append(batchOf("refused"))).toThrow(errorOf(log));
  return log;
}

async function contents(files: Files): Promise<[string, string][]> {
  const paths = (await files.list(logFolder)).map((name) => `${logFolder}/${name}`);
  return Promise.all(
    paths.map(async (path) => [path, Buffer.from(await files.read(path)).toString("latin1")] as [string, string]),
  );
}

describe("a torn end", () => {
  const expectRepaired = async (files: Files, { log, repaired }: OpenedLog, kept: readonly string[]) => {
    expect(log.mode()).toEqual({ kind: "writable" });
    expect(repaired).toHaveLength(1);
    expect(await commandsIn(log)).toEqual([...kept]);
    const records = await readAll(log);
    expect(records.at(-1)).toMatchObject({ type: "log.repaired", data: { segment: "000000000001.jsonl" } });
    await appendAll(log, ["after"]);
    expect((await verifyLog({ directory, files })).damage).toBeUndefined();
    await log.close();
    const again = await open(files);
    expect(again.repaired).toBeUndefined();
    expect(await commandsIn(again.log)).toEqual([...kept, "after"]);
  };

  test("half a line is copied to quarantine, cut, and recorded", async () => {
    const files = await prepared("closed");
    const size = (await files.stat(first))?.bytes ?? 0;
    await overwrite(files, first, append('{"position":7,"ti'));
    const opened = await open(files);
    const repair = opened.repaired?.[0];
    expect(repair).toMatchObject({ offset: size, bytes: 17 });
    expect(Buffer.from(await files.read(`${directory}/${repair?.copy}`)).toString()).toBe('{"position":7,"ti');
    await expectRepaired(files, opened, names);
  });

  test("NUL bytes, the size that reached the disk before the data, are cut", async () => {
    const files = await prepared("closed");
    await overwrite(files, first, append(new Uint8Array(5000)));
    await expectRepaired(files, await open(files), names);
  });

  test("a last line that was never known durable and cannot be read is cut, also without a head", async () => {
    const files = await prepared("killed");
    await overwrite(files, first, flipped(6));
    await expectRepaired(files, await open(files), names.slice(0, 4));
  });

  test("an intact line behind a bad one in the same unfinished write is cut with it", async () => {
    const disk = createDisk();
    const { log } = await open(disk.boot());
    await appendAll(log, ["a"]);
    for (const command of ["b", "c", "d"]) log.append(batchOf(command));
    await log.whenDurable(log.position());
    disk.kill();
    const files = disk.boot();
    await overwrite(files, first, flipped(4));
    await expectRepaired(files, await open(files), ["a", "b"]);
  });

  test("a batch without its end is cut as a whole", async () => {
    const disk = createDisk();
    const { log } = await open(disk.boot());
    await appendAll(log, ["a"]);
    await log.append(batchOf("three", 3)).durable;
    disk.kill();
    const files = disk.boot();
    const lines = await linesOf(files, first);
    await overwrite(files, first, () => Buffer.from(lines.slice(0, 4).join(""), "latin1"));
    await expectRepaired(files, await open(files), ["a"]);
  });

  test("a first segment whose first line is torn was never a log: a new one begins", async () => {
    const files = createDisk().boot();
    await files.makeDirectory(logFolder, 0o700);
    await files.open(first, "create").then((file) => file.close());
    await overwrite(files, first, append('{"position":1,"time":"2026'));
    const { log, repaired } = await open(files);
    expect(repaired).toHaveLength(1);
    expect(log.mode()).toEqual({ kind: "writable" });
    expect(await files.list(logFolder)).toContain("000000000001.jsonl.failed");
    await appendAll(log, ["a"]);
    expect(await commandsIn(log)).toEqual(["a"]);
  });

  test("a new segment whose first line is torn is set aside, and the one before goes on", async () => {
    const files = await prepared("closed");
    const next = `${logFolder}/000000000007.jsonl`;
    await files.open(next, "create").then((file) => file.close());
    await overwrite(files, next, append(new Uint8Array(700)));
    const { log, repaired } = await open(files);
    expect(repaired).toMatchObject([{ segment: "000000000007.jsonl", offset: 0, bytes: 700 }]);
    expect(await files.list(logFolder)).toContain("000000000007.jsonl.failed");
    await appendAll(log, ["after"]);
    expect(await commandsIn(log)).toEqual([...names, "after"]);
  });

  test("bytes behind the end of a segment that has a successor go to quarantine", async () => {
    const files = await prepared("closed", 1500);
    const [segment = ""] = await segmentsOf(files);
    await overwrite(files, segment, append('{"position":4,"time":"what a failed write left'));
    const { log, repaired } = await open(files);
    expect(repaired).toHaveLength(1);
    expect(await commandsIn(log)).toEqual(names);
    expect((await verifyLog({ directory, files })).isIntact).toBe(true);
  });

  test("repairing twice changes nothing more", async () => {
    const files = await prepared("closed");
    await overwrite(files, first, append("torn"));
    await (await open(files)).log.close();
    const before = await contents(files);
    const { log, repaired } = await open(files);
    expect(repaired).toBeUndefined();
    await log.close();
    expect(await contents(files)).toEqual(before);
  });
});

describe("acknowledged data", () => {
  test("that cannot be read makes the log read-only, with segment, byte and position, and leaves the prefix", async () => {
    const files = await prepared("killed");
    await overwrite(files, first, flipped(4));
    const log = await openDamaged(files);
    const lines = await linesOf(files, first);
    const offset = lines.slice(0, 3).join("").length;
    expect(errorOf(log)).toMatchObject({ code: "log-damaged", exit: 6 });
    expect(errorOf(log).message).toContain(`${first}, byte ${offset}, position 4`);
    expect(await commandsIn(log)).toEqual(["a", "b"]);
    expect((await verifyLog({ directory, files })).damage).toMatchObject({ kind: "log-damaged", offset, position: 4 });
  });

  test("in the last line is damaged, not torn, once the head names it", async () => {
    const files = await prepared("closed");
    await overwrite(files, first, flipped(6));
    expect(errorOf(await openDamaged(files))).toMatchObject({ code: "log-damaged" });
  });

  test("whose only witness is a checkpoint is damaged, not torn", async () => {
    const files = await prepared("killed");
    await files.makeDirectory(`${directory}/checkpoints`, 0o700);
    await files.writeAtomically(`${directory}/checkpoints/000000000006.json`, Buffer.from("{}"), 0o600);
    await overwrite(files, first, flipped(6));
    expect(errorOf(await openDamaged(files))).toMatchObject({ code: "log-damaged" });
  });

  test("cut off at the end of a line is a rollback", async () => {
    const files = await prepared("closed");
    await overwrite(files, first, withoutLine(6));
    const log = await openDamaged(files);
    expect(errorOf(log)).toMatchObject({ code: "log-rolled-back", exit: 6 });
    expect(await commandsIn(log)).toEqual(names.slice(0, 4));
    expect((await verifyLog({ directory, files })).damage).toMatchObject({ kind: "log-rolled-back" });
  });

  test("that is gone altogether is not an empty log", async () => {
    const files = await prepared("closed");
    await files.remove(first);
    const log = await openDamaged(files);
    expect(errorOf(log)).toMatchObject({ code: "log-incomplete" });
    expect(await segmentsOf(files)).toEqual([]);
  });

  test("with a line missing inside is named by its positions", async () => {
    const files = await prepared("closed");
    await overwrite(files, first, withoutLine(4));
    const log = await openDamaged(files);
    expect(errorOf(log)).toMatchObject({ code: "log-incomplete" });
    expect(errorOf(log).message).toContain("the record 4 is missing");
    expect(await commandsIn(log)).toEqual(["a", "b"]);
  });

  test("rewritten with a hash of its own breaks the chain", async () => {
    const files = await prepared("closed");
    const lines = await linesOf(files, first);
    const record = JSON.parse(lines[3] ?? "");
    const forged = Buffer.from(encodeLine({ ...record, data: { text: "it was somebody else" } })).toString();
    await overwrite(files, first, () => Buffer.from(lines.with(3, forged).join(""), "latin1"));
    const log = await openDamaged(files);
    expect(errorOf(log)).toMatchObject({ code: "log-chain-broken" });
    expect((await verifyLog({ directory, files })).damage).toMatchObject({ kind: "log-chain-broken", position: 5 });
  });

  test("rewritten to the end with all hashes does not fit the head", async () => {
    const files = await prepared("closed");
    const lines = await linesOf(files, first);
    const record = JSON.parse(lines[5] ?? "");
    const forged = Buffer.from(encodeLine({ ...record, data: { text: "it was somebody else" } })).toString();
    await overwrite(files, first, () => Buffer.from(lines.with(5, forged).join(""), "latin1"));
    expect(errorOf(await openDamaged(files))).toMatchObject({ code: "log-chain-broken" });
    expect((await verifyLog({ directory, files })).witnesses).toMatchObject([{ kind: "head", holds: false }]);
  });
});

describe("several segments", () => {
  /** Segments of three records or so. */
  const bytes = 1500;

  test("one missing in the middle is a gap, and what is before it can be read", async () => {
    const files = await prepared("closed", bytes);
    const [, second = ""] = await segmentsOf(files);
    const kept = JSON.parse((await linesOf(files, second))[0] ?? "").position - 1;
    await files.remove(second);
    const log = await openDamaged(files);
    expect(errorOf(log)).toMatchObject({ code: "log-incomplete" });
    expect(log.durable()).toBe(kept);
    expect((await readAll(log)).length).toBe(kept);
    expect((await verifyLog({ directory, files })).damage).toMatchObject({
      kind: "log-incomplete",
      position: kept + 1,
    });
  });

  test("the first one missing leaves nothing readable, and says so", async () => {
    const files = await prepared("closed", bytes);
    const [oldest = ""] = await segmentsOf(files);
    await files.remove(oldest);
    const log = await openDamaged(files);
    expect(errorOf(log)).toMatchObject({ code: "log-incomplete" });
    expect(await readAll(log)).toEqual([]);
  });

  test("whose newest opens with a Merkle tree that cannot be is refused", async () => {
    const files = await prepared("closed");
    const lines = await linesOf(files, first);
    const opening = JSON.parse(lines[0] ?? "");
    const tree = { ...opening.data.tree, root: "f".repeat(64) };
    const forged = Buffer.from(encodeLine({ ...opening, data: { ...opening.data, tree } })).toString();
    await overwrite(files, first, () => Buffer.from(forged, "latin1"));
    expect(errorOf(await openDamaged(files)).message).toContain("Merkle tree does not hold");
  });

  test("one that does not follow the one before is refused, and what is before it can be read", async () => {
    const files = await prepared("closed", bytes);
    const [, second = ""] = await segmentsOf(files);
    const lines = await linesOf(files, second);
    const opening = JSON.parse(lines[0] ?? "");
    const previous = "f".repeat(64);
    const forged = Buffer.from(encodeLine({ ...opening, previous, data: { ...opening.data, previous } })).toString();
    await overwrite(files, second, () => Buffer.from([forged, ...lines.slice(1)].join(""), "latin1"));
    const log = await openDamaged(files);
    expect(errorOf(log)).toMatchObject({ code: "log-chain-broken" });
    expect(errorOf(log).message).toContain("does not follow the one before");
    expect((await readAll(log)).length).toBe(opening.position - 1);
  });

  test("rot in a sealed one is found while reading a log that was read-only before", async () => {
    const files = await prepared("closed", bytes);
    const segments = await segmentsOf(files);
    await overwrite(files, segments[0] ?? "", flipped(2));
    await overwrite(files, segments.at(-1) ?? "", flipped(2));
    const log = await openDamaged(files);
    await expect(readAll(log)).rejects.toMatchObject({ code: "log-damaged" });
    expect((await readAll(log)).map((record) => record.position)).toEqual([1]);
  });

  test("one of another log is refused", async () => {
    const files = await prepared("closed", bytes);
    const [, second = ""] = await segmentsOf(files);
    const lines = await linesOf(files, second);
    const opening = JSON.parse(lines[0] ?? "");
    const foreign = Buffer.from(encodeLine({ ...opening, data: { ...opening.data, log: "l-other" } })).toString();
    await overwrite(files, second, () => Buffer.from([foreign, ...lines.slice(1)].join(""), "latin1"));
    expect(errorOf(await openDamaged(files)).message).toContain("belongs to the log l-other");
  });

  test("a newer format is refused with the way out", async () => {
    const files = await prepared("closed");
    const lines = await linesOf(files, first);
    const opening = JSON.parse(lines[0] ?? "");
    const newer = Buffer.from(encodeLine({ ...opening, data: { format: 2, layout: "unknown" } })).toString();
    await overwrite(files, first, () => Buffer.from(newer, "latin1"));
    expect(errorOf(await openDamaged(files))).toMatchObject({ code: "log-newer" });
  });

  test("rot in a sealed one is found while reading, which then makes the log read-only", async () => {
    const files = await prepared("closed", bytes);
    const [oldest = ""] = await segmentsOf(files);
    await overwrite(files, oldest, flipped(2));
    const { log } = await open(files);
    expect(log.mode().kind).toBe("writable");
    const seen: number[] = [];
    const reading = async () => {
      for await (const record of log.read({})) seen.push(record.position);
    };
    await expect(reading()).rejects.toMatchObject({ code: "log-damaged" });
    expect(seen).toEqual([1]);
    expect(errorOf(log).message).toContain(`${oldest}, byte `);
    expect((await readAll(log)).map((record) => record.position)).toEqual([1]);
    expect((await verifyLog({ directory, files })).damage).toMatchObject({ segment: oldest, position: 2 });
  });

  test("rot in a sealed one is found at the start when its index is gone too", async () => {
    const files = await prepared("closed", bytes);
    const [oldest = ""] = await segmentsOf(files);
    await overwrite(files, oldest, flipped(2));
    for (const name of await files.list(logFolder))
      if (name.endsWith(".index")) await files.remove(`${logFolder}/${name}`);
    const { log } = await open(files);
    expect(errorOf(log)).toMatchObject({ code: "log-damaged" });
  });
});

test("a disk that cannot be read is not an empty log", async () => {
  const files = await prepared("closed");
  const failing: Files = {
    ...files,
    open: async (path, how, mode) => {
      const file = await files.open(path, how, mode);
      if (!path.endsWith(".jsonl")) return file;
      return { ...file, read: () => Promise.reject(Object.assign(new Error("EIO: read"), { code: "EIO" })) };
    },
  };
  await expect(open(failing)).rejects.toMatchObject({ code: "log-unreadable", exit: 6 });
  expect(await segmentsOf(files)).toEqual([first]);
  // The lock is free again: when the disk is back, so is the log.
  expect(await commandsIn((await open(files)).log)).toEqual(names);
});

test("a disk that has become read-only is read, not written", async () => {
  const sealed = { isReadOnly: false };
  const changing = ["write", "truncate", "rename", "remove", "changeMode", "makeDirectory"];
  let lockTries = 0;
  const disk = createDisk({
    beforeCall: ({ operation, path }) => {
      const isLock = operation === "open" && path.endsWith("/lock") && lockTries++ === 0;
      if (sealed.isReadOnly && (isLock || changing.includes(operation))) throw diskError("EROFS", path);
    },
  });
  const first = await open(disk.boot());
  await appendAll(first.log, names);
  disk.kill();
  sealed.isReadOnly = true;
  lockTries = 0;
  const { log } = await open(disk.boot());
  expect(errorOf(log)).toMatchObject({ code: "storage-unavailable" });
  expect(await commandsIn(log)).toEqual(names);
});

test("a head that cannot be read is ignored: it is evidence, the log does not depend on it", async () => {
  const files = await prepared("closed");
  await overwrite(files, `${logFolder}/head`, () => Buffer.from("{"));
  const { log } = await open(files);
  expect(log.mode().kind).toBe("writable");
  expect(await commandsIn(log)).toEqual(names);
});

test("what a crash left of a file that was being written is gone after the next start", async () => {
  const files = await prepared("closed");
  const folders = ["log", "checkpoints", "quarantine", "keys"].map((name) => `${directory}/${name}`);
  for (const folder of folders) {
    await files.makeDirectory(folder, 0o700);
    await (await files.open(`${folder}/half.99-0.tmp`, "create")).close();
  }
  await open(files);
  for (const folder of folders) expect((await files.list(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});
