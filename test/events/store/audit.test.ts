/** The audit reads the files alone: what it reports, and that cat and tail give the exact lines. */
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { catLog, tailLog } from "../../../src/events/store/cat.ts";
import { guardLog } from "../../../src/events/store/guard.ts";
import { saveCheckpoint } from "../../../src/events/store/checkpoint.ts";
import type { Files } from "../../../src/sys/files.ts";
import { createDisk } from "../../simulation/disk.ts";
import { appendAll, batchOf, directory, fixedClock, logFolder, open, overwrite, readAll, segmentsOf } from "./bed.ts";

const commands = Array.from({ length: 20 }, (_, index) => `c${index}`);

async function filled(files: Files, segmentBytes = 2500) {
  const { log } = await open(files, { segmentBytes });
  await appendAll(log, commands);
  return log;
}

const textOf = async (pieces: AsyncIterable<Uint8Array>) => {
  let text = "";
  for await (const piece of pieces) text += Buffer.from(piece).toString();
  return text;
};

const allBytes = async (files: Files) =>
  Buffer.concat(await Promise.all((await segmentsOf(files)).map((path) => files.read(path)))).toString();

/** The tree as RFC 6962 defines it: slow, recursive, and written without looking at the other one. */
function rootOf(lines: readonly string[]): string {
  const hash = (...parts: (string | Buffer)[]) =>
    parts.reduce((sum, part) => sum.update(part), createHash("sha256")).digest();
  const tree = (from: number, to: number): Buffer => {
    if (to - from === 0) return hash();
    if (to - from === 1) return hash(Buffer.from([0]), lines[from] ?? "");
    let left = 1;
    while (left * 2 < to - from) left *= 2;
    return hash(Buffer.from([1]), tree(from, from + left), tree(from + left, to));
  };
  return tree(0, lines.length).toString("hex");
}

describe("verify", () => {
  test("a first record that cannot be read is damage when a later one proves it, though nothing is noted beside the log", async () => {
    const files = createDisk().boot();
    const { log } = await open(files);
    await appendAll(log, commands);
    await log.close();
    expect((await verifyLog({ directory, files })).isIntact).toBe(true);
    const [segment = ""] = await segmentsOf(files);
    await files.remove(`${logFolder}/head`);
    await overwrite(files, segment, (bytes) => bytes.fill(0x58, 20, 21));
    expect(await verifyLog({ directory, files })).toMatchObject({ isIntact: false, damage: { position: 1 } });
  });
  test("reports events, times, segments, roots and witnesses of a sound log", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    await saveCheckpoint({ directory, files, log }, { position: 9, versions: {}, state: {} });
    await log.close();
    const records = await readAll(log);
    const segments = (await segmentsOf(files)).length;
    const progress: number[] = [];
    const report = await verifyLog({ directory, files, onProgress: ({ events }) => void progress.push(events) });
    expect(report).toMatchObject({
      isIntact: true,
      log: log.id,
      events: records.length,
      hash: records.at(-1)?.hash ?? "",
      from: records[0]?.time ?? "",
      to: records.at(-1)?.time ?? "",
      segments,
      roots: segments,
    });
    expect(report.witnesses).toMatchObject([
      { kind: "head", position: records.length, holds: true },
      { kind: "checkpoint", position: 9, holds: true },
    ]);
    expect(progress).toHaveLength(segments);
    expect(progress.at(-1)).toBe(records.length);
  });

  test("the Merkle root is that of RFC 6962 over the lines, for every size", async () => {
    const files = createDisk().boot();
    const { log } = await open(files, { segmentBytes: 2500 });
    for (const command of commands) {
      await appendAll(log, [command]);
      const lines = (await allBytes(files)).trimEnd().split("\n");
      expect((await verifyLog({ directory, files })).root).toBe(rootOf(lines));
    }
  });

  test("a write under way is no damage", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    const path = (await segmentsOf(files)).at(-1) ?? "";
    const size = (await files.stat(path))?.bytes ?? 0;
    await overwrite(files, path, (bytes) => Buffer.concat([bytes, Buffer.from('{"position":')]));
    const report = await verifyLog({ directory, files });
    expect(report).toMatchObject({
      isIntact: true,
      events: log.durable(),
      tail: { segment: path, offset: size, bytes: 12 },
    });
  });

  test("finds a Merkle root that was changed together with its line's hash", async () => {
    const files = createDisk().boot();
    await (await filled(files)).close();
    const { encodeLine } = await import("../../../src/events/store/line.ts");
    const path = (await segmentsOf(files)).at(-1) ?? "";
    const opening = JSON.parse(
      Buffer.from(await files.read(path))
        .toString()
        .split("\n")[0] ?? "",
    );
    const forged = encodeLine({
      ...opening,
      data: { ...opening.data, tree: { ...opening.data.tree, root: "1".repeat(64) } },
    });
    await overwrite(files, path, () => forged);
    await files.remove(`${logFolder}/head`);
    expect((await verifyLog({ directory, files })).damage).toMatchObject({ kind: "log-chain-broken", segment: path });
  });

  test("of no log at all has nothing to report", async () => {
    const files = createDisk().boot();
    expect(await verifyLog({ directory, files })).toMatchObject({ isIntact: true, events: 0, segments: 0 });
  });

  test("every single changed bit is found", async () => {
    const files = createDisk().boot();
    await (await filled(files, 100_000)).close();
    const [path = ""] = await segmentsOf(files);
    const sound = await files.read(path);
    for (let at = 3; at < sound.length; at += 97) {
      await overwrite(files, path, () => sound.with(at, (sound[at] ?? 0) ^ (1 << (at % 8))));
      expect([at, (await verifyLog({ directory, files })).isIntact]).toEqual([at, false]);
    }
  });
});

describe("cat", () => {
  test("gives exactly the bytes on disk", async () => {
    const files = createDisk().boot();
    await (await filled(files)).close();
    expect(await textOf(catLog({ directory, files }))).toBe(await allBytes(files));
  });

  test("gives a range, and a stream, line by line", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    await log.append({ ...batchOf("other", 1, "instance/i-10"), reason: 'it says "stream":"instance/i-1" here' })
      .durable;
    const lines = (await allBytes(files)).split(/(?<=\n)/);
    const ofStream = lines.filter((line) => JSON.parse(line).stream === "instance/i-1").join("");
    expect(await textOf(catLog({ directory, files, after: 4, upTo: 11 }))).toBe(lines.slice(4, 11).join(""));
    expect(await textOf(catLog({ directory, files, stream: "instance/i-1" }))).toBe(ofStream);
  });

  test("gives what was recorded from a time on, and opens no segment that ended before", async () => {
    const files = createDisk().boot();
    await (await filled(files)).close();
    const lines = (await allBytes(files)).split(/(?<=\n)/);
    const opened = new Set<string>();
    const watched: Files = {
      ...files,
      open: (path, how) => files.open(path, how).then((file) => (opened.add(path), file)),
    };
    for (const at of [0, 5, lines.length - 2]) {
      const since = JSON.parse(lines[at] ?? "").time;
      const wanted = lines.filter((line) => line !== "" && JSON.parse(line).time >= since).join("");
      expect(await textOf(catLog({ directory, files, since }))).toBe(wanted);
    }
    const [oldest = "", ...later] = await segmentsOf(files);
    await textOf(catLog({ directory, files: watched, since: "2027-01-01T00:00:00.000Z" }));
    expect([opened.has(oldest), opened.has(later.at(-1) ?? "")]).toEqual([false, true]);
  });
});

describe("tail", () => {
  test("gives the newest lines, out of as many segments as it takes", async () => {
    const files = createDisk().boot();
    await (await filled(files)).close();
    const lines = (await allBytes(files)).split(/(?<=\n)/);
    for (const count of [0, 1, 5, 18, 1000]) {
      const tail = tailLog({ directory, files, clock: fixedClock(), lines: count, follow: false });
      expect(await textOf(tail)).toBe(lines.slice(Math.max(0, lines.length - count)).join(""));
    }
  });

  test("follows the log into new segments until it is told to stop", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    const stop = new AbortController();
    const before = await allBytes(files);
    let text = "";
    let isStarted = false;
    for await (const piece of tailLog({
      directory,
      files,
      clock: fixedClock(),
      lines: 1,
      follow: true,
      signal: stop.signal,
    })) {
      text += Buffer.from(piece).toString();
      if (!isStarted) void appendAll(log, ["d", "e", "f", "g", "h", "i", "j"]);
      isStarted = true;
      if (text.includes('"command":"j"')) stop.abort();
    }
    const lastLine = before.trimEnd().split("\n").at(-1) ?? "";
    expect(text).toBe(`${lastLine}\n${(await allBytes(files)).slice(before.length)}`);
  });
});

describe("the check in the background", () => {
  test("makes a log read-only when a sealed segment has rotted, and leaves a sound one alone", async () => {
    const files = createDisk().boot();
    const log = await filled(files);
    const guard = () => guardLog({ log, files, clock: fixedClock(), signal: new AbortController().signal });
    expect((await guard()).isIntact).toBe(true);
    expect(log.mode()).toEqual({ kind: "writable" });
    const [oldest = ""] = await segmentsOf(files);
    await overwrite(files, oldest, (bytes) => bytes.with(1000, (bytes[1000] ?? 0) ^ 1));
    expect((await guard()).isIntact).toBe(false);
    expect(log.mode()).toMatchObject({ kind: "read-only", error: { code: "log-damaged" } });
  });
});
