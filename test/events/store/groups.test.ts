/** Records are checked and parsed in groups; what is read, and what is said of a bad line, is what reading line by line gives. */
import { beforeAll, describe, expect, test } from "bun:test";
import type { Recorded } from "../../../src/events/envelope.ts";
import { encodeLine, isIntact, parseLine, positionOf } from "../../../src/events/store/line.ts";
import type { ReadQuery } from "../../../src/events/store/reader.ts";
import { isFinding } from "../../../src/events/store/verdict.ts";
import { sha256Hex } from "../../../src/sys/hash.ts";
import type { Files } from "../../../src/sys/files.ts";
import { createDisk } from "../../simulation/disk.ts";
import { seededRandom } from "../../simulation/random.ts";
import { ann, open, overwrite, segmentsOf } from "./bed.ts";

/** Some 200 records in the first of two segments, so that a bad one has whole groups before and behind it. */
const segmentBytes = 90_000;
const texts = ["plain", "héllo 日本 😀", "\ud800", 'quotes " and \\', "\u2028", "\u0000\t\r\n"];
/** With a character for each byte. */
const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
let lines: readonly string[];
let segment: string;
let disk: ReturnType<typeof createDisk>;

beforeAll(async () => {
  disk = createDisk();
  const { log } = await open(disk.boot(), { segmentBytes });
  for (let index = 0; index < 260; index++) {
    const data = { text: `${texts[index % texts.length] ?? ""}${"x".repeat(20)}` };
    const event = { type: "instance.noted", version: 1, stream: "instance/i-1", data };
    await log.append({ events: [event], command: `c${index}`, by: ann }).durable;
  }
  await log.close();
  disk.kill();
  const files = disk.boot();
  [segment = ""] = await segmentsOf(files);
  lines = textOf(await files.read(segment)).split(/(?<=\n)/);
  expect((await segmentsOf(files)).length).toBe(2);
  expect(lines.length).toBeGreaterThan(180);
});

/** The records of the first segment that the log gives, and how that ended. */
async function read(files: Files, query: ReadQuery): Promise<{ positions: number[]; ended: string }> {
  const positions: number[] = [];
  const { log } = await open(files, { segmentBytes });
  try {
    for await (const { position } of log.read({ upTo: lines.length, ...query })) positions.push(position);
    return { positions, ended: log.mode().kind };
  } catch (error) {
    return {
      positions,
      ended: isFinding(error) ? `${log.mode().kind}: found` : `${log.mode().kind}: ${String(error)}`,
    };
  } finally {
    await log.close();
  }
}

/** The same from the bytes alone, one line after the other. */
function readPlainly(bytes: Buffer, { after = 0, upTo = lines.length, reverse = false }: ReadQuery) {
  const positions: number[] = [];
  const all = textOf(bytes).trimEnd().split("\n");
  const wanted = all.map((line, at) => ({ line: Buffer.from(line, "latin1"), position: at + 1 }));
  for (const { line, position } of reverse ? wanted.toReversed() : wanted) {
    if (position <= after || position > upTo) continue;
    if (positionOf(line, 0) !== position || !isIntact(line, 0, line.length))
      return { positions, ended: "read-only: found" };
    try {
      positions.push(parseLine(line, 0, line.length).position);
    } catch (error) {
      return { positions, ended: `writable: ${String(error)}` };
    }
  }
  return { positions, ended: "writable" };
}

/** Ways to spoil line `at` that keep its length, so that the index beside the log goes on to count. */
const spoilers: Readonly<Record<string, (line: string) => string>> = {
  "one bit is turned": (line) => line.replace("instance.noted", "instance.notee"),
  "another's is in its place": (line) =>
    lines.find((other) => other !== line && other.length === line.length) ?? "none",
  "its position is another's": (line) => {
    const record = JSON.parse(Buffer.from(line, "latin1").toString()) as Recorded;
    return textOf(encodeLine({ ...record, position: record.position ^ 1 }));
  },
  "its hash holds, but it is no JSON": (line) => rehashed(line.replace('"data":{', '"data":,')),
  "its hash holds, but it is two values": (line) => rehashed(line.replace("xx", "").replace('"data":{', '"data":1}{')),
};

function rehashed(line: string): string {
  const covered = line.slice(0, line.lastIndexOf(',"hash"'));
  return `${covered},"hash":"${sha256Hex(Buffer.from(covered, "latin1"))}"}\n`;
}

/** Puts the bytes in the segment's place, and reads them both ways. */
async function compare(bytes: Buffer, asked: readonly ReadQuery[]): Promise<void> {
  const files = disk.boot();
  await overwrite(files, segment, () => bytes);
  for (const query of asked)
    expect({ query, ...(await read(files, query)) }).toEqual({ query, ...readPlainly(bytes, query) });
}

const newline = 0x0a;
const queries: readonly ReadQuery[] = [
  {},
  { reverse: true },
  { after: 50, upTo: 150 },
  { after: 50, upTo: 150, reverse: true },
];

describe("a bad line in a sealed segment", () => {
  const places = [2, 63, 64, 65, 66, 128, 129, 170];
  test.each(Object.keys(spoilers))("%s: the records before it, then what is wrong", async (name) => {
    for (const at of places) {
      const spoilt = lines.with(at - 1, spoilers[name]?.(lines[at - 1] ?? "") ?? "");
      await compare(Buffer.from(spoilt.join(""), "latin1"), queries);
    }
  });

  test("without its end: the same forwards, where lines are counted from the beginning", async () => {
    for (const at of places) {
      const spoilt = lines.with(at - 1, (lines[at - 1] ?? "").replace("\n", " "));
      await compare(
        Buffer.from(spoilt.join(""), "latin1"),
        queries.filter(({ reverse }) => reverse !== true),
      );
    }
  });

  test("with any bit turned: the same", async () => {
    const random = seededRandom(11);
    // Behind the first line, which is looked at when the log is opened, and before the last, which joins the next segment.
    const from = lines[0]?.length ?? 0;
    const span = lines.slice(1, -1).join("").length;
    for (let turn = 0; turn < 60; turn++) {
      const bytes = Buffer.from(lines.join(""), "latin1");
      const at = from + random.below(span);
      const [was = 0, is = was ^ (1 << random.below(8))] = [bytes[at]];
      bytes[at] = [was, is].includes(newline) ? was : is;
      await compare(bytes, queries);
    }
  });
});
