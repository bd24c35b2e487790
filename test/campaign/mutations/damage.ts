/** Damages a sealed log by chance, as accidents and people do: bits, bytes, lines, segments, and forgeries without the key. */
import { encodeLine } from "../../../src/events/store/line.ts";
import { emptyTree, type Tree, treeFrom } from "../../../src/events/store/merkle.ts";
import { originOf, parseSeals, signSeal, verifierKeyText } from "../../../src/events/store/seals/note.ts";
import { signingKeyOf } from "../../../src/sys/signature.ts";
import type { Random } from "../../simulation/random.ts";

/** Files of a log by name: `000000000001.jsonl`, `seals`, `seal.pub`. */
export type LogFiles = ReadonlyMap<string, Buffer>;
type Mutate = (files: LogFiles, random: Random) => LogFiles;

const segmentsIn = (files: LogFiles): string[] => [...files.keys()].filter((name) => name.endsWith(".jsonl")).sort();
const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random.below(items.length)] as Item;
const linesIn = (bytes: Buffer): Buffer[] =>
  bytes
    .toString("latin1")
    .split(/(?<=\n)/)
    .map((line) => Buffer.from(line, "latin1"));
const put = (files: LogFiles, name: string, bytes: Buffer): LogFiles => new Map([...files, [name, bytes]]);

/** Changes the lines of one segment. */
const inSegment =
  (change: (lines: Buffer[], random: Random) => Buffer[]): Mutate =>
  (files, random) => {
    const name = pick(random, segmentsIn(files));
    return put(files, name, Buffer.concat(change(linesIn(files.get(name) ?? Buffer.alloc(0)), random)));
  };

/** Changes the bytes of one file of any kind. */
const inFile =
  (change: (bytes: Buffer, random: Random) => Buffer): Mutate =>
  (files, random) => {
    const name = pick(random, [...files.keys()]);
    return put(files, name, change(Buffer.from(files.get(name) ?? Buffer.alloc(0)), random));
  };

function bitFlipped(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
}

function byteSet(bytes: Buffer, random: Random): Buffer {
  bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

function byteInserted(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([random.below(256)]), bytes.subarray(at)]);
}

function byteRemoved(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
}

function linesSwapped(lines: Buffer[], random: Random): Buffer[] {
  const [one, other] = [random.below(lines.length), random.below(lines.length)];
  return lines.map((line, at) => (at === one ? lines[other] : at === other ? lines[one] : line) ?? line);
}

/** Where a log begins that is here: at its first record, or behind what was archived. */
function beginningOf(files: LogFiles): { position: number; previous: string; tree: Tree } {
  const [oldest = ""] = segmentsIn(files);
  const opening = JSON.parse(linesIn(files.get(oldest) ?? Buffer.alloc(0))[0]?.toString() ?? "{}");
  return { position: opening.position, previous: opening.previous, tree: treeFrom(opening.data.tree) ?? emptyTree() };
}

/** An event's text is changed, and every hash, opening and root from there on is made to fit. */
function rechained(files: LogFiles, random: Random): LogFiles {
  const names = segmentsIn(files);
  const total = names.reduce((sum, name) => sum + linesIn(files.get(name) ?? Buffer.alloc(0)).length, 0);
  const { position, tree, ...begin } = beginningOf(files);
  const victim = position + 1 + random.below(total - 1);
  const made = new Map(files);
  let { previous } = begin;
  for (const name of names) {
    const lines = linesIn(files.get(name) ?? Buffer.alloc(0)).map((line) => {
      const record = JSON.parse(line.toString());
      if (record.type === "log.segment") record.data = { ...record.data, previous, tree: tree.head() };
      else if (record.position === victim) record.reason = "forged";
      const written = encodeLine({ ...record, previous });
      previous = JSON.parse(Buffer.from(written).toString()).hash;
      tree.append(written, 0, written.length - 1);
      return written;
    });
    made.set(name, Buffer.concat(lines));
  }
  return made;
}

/** Rechained, and sealed anew with another key, which is put beside the log; the log still names the true one. */
function resigned(files: LogFiles, random: Random): LogFiles {
  const forged = rechained(files, random);
  const [oldest = ""] = segmentsIn(forged);
  const log = JSON.parse(linesIn(forged.get(oldest) ?? Buffer.alloc(0))[0]?.toString() ?? "{}").data.log;
  // Never that of the log itself, whose secret bytes are all 7.
  const key = signingKeyOf(new Uint8Array(32).fill(8 + random.below(200)));
  const { tree } = beginningOf(forged);
  const heads = new Map<number, string>();
  for (const name of segmentsIn(forged))
    for (const line of linesIn(forged.get(name) ?? Buffer.alloc(0))) {
      tree.append(line, 0, line.length - 1);
      heads.set(tree.size(), tree.head().root);
    }
  const notes = parseSeals(files.get("seals") ?? Buffer.alloc(0)).seals.map(
    ({ size }) => `${signSeal(originOf(log), { size, root: heads.get(size) ?? "" }, key).note}\n`,
  );
  const withSeals = put(forged, "seals", Buffer.from(notes.join("")));
  return random.chance(0.5)
    ? withSeals
    : put(withSeals, "seal.pub", Buffer.from(`${verifierKeyText(originOf(log), key.publicKey)}\n`));
}

function segmentRemoved(files: LogFiles, random: Random): LogFiles {
  const name = pick(random, segmentsIn(files));
  return new Map([...files].filter(([each]) => each !== name));
}

/** The end of the log is cut off, to a whole line or anywhere, with all segments behind. */
function truncated(files: LogFiles, random: Random): LogFiles {
  const names = segmentsIn(files);
  const kept = random.below(names.length);
  const name = names[kept] ?? "";
  const bytes = files.get(name) ?? Buffer.alloc(0);
  const lines = linesIn(bytes);
  const cut = random.chance(0.5)
    ? bytes.subarray(0, random.below(bytes.length))
    : Buffer.concat(lines.slice(0, random.below(lines.length)));
  return put(new Map([...files].filter(([each]) => !names.slice(kept + 1).includes(each))), name, cut);
}

/** A seal is taken from one place to another. */
function sealMoved(files: LogFiles, random: Random): LogFiles {
  const text = files.get("seals")?.toString() ?? "";
  const { seals } = parseSeals(Buffer.from(text));
  const [one, other] = [pick(random, seals).note, pick(random, seals).note];
  // The signature of one under the head of another.
  const mixed = `${one.split("\n\n")[0]}\n\n${other.split("\n\n")[1]}`;
  return put(files, "seals", Buffer.from(text.replace(one, mixed)));
}

export const mutations: Readonly<Record<string, Mutate>> = {
  "bit flipped": inFile(bitFlipped),
  "byte set": inFile(byteSet),
  "byte inserted": inFile(byteInserted),
  "byte removed": inFile(byteRemoved),
  "line removed": inSegment((lines, random) => lines.toSpliced(random.below(lines.length), 1)),
  "line doubled": inSegment((lines, random) => {
    const at = random.below(lines.length);
    return lines.toSpliced(at, 0, lines[at] ?? Buffer.alloc(0));
  }),
  "lines swapped": inSegment(linesSwapped),
  "segment removed": segmentRemoved,
  truncated,
  rechained,
  resigned,
  "seal moved": sealMoved,
};
