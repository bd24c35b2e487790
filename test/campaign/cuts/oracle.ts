/** What must hold in a data directory after a power cut, seen from outside: by what was promised, and by looking twice. */
import { readdir, readFile, rm, stat } from "node:fs/promises";
import type { Recorded } from "../../../src/events/envelope.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { loadCheckpoint } from "../../../src/events/store/checkpoint.ts";
import { openLog } from "../../../src/events/store/log.ts";
import type { EventLog } from "../../../src/events/store/log.ts";
import { repairFrom } from "../../../src/events/store/repair/from-copy.ts";
import { logDirectory } from "../../../src/events/store/segment.ts";
import { systemFiles as files } from "../../../src/sys/files.ts";
import { sha256Hex } from "../../../src/sys/hash.ts";
import { ann, batchOf, fixedClock, readAll } from "../../events/store/bed.ts";
import { seededRandom } from "../../simulation/random.ts";
import type { Note } from "./journal.ts";
import { storedType, vaultOf } from "./scenarios/artefacts.ts";
import { copyOf, dataOf, fillOf, seededIds } from "./scenarios/bed.ts";

export interface Expected {
  /** What was sent, and what had been promised. */
  readonly notes: readonly Note[];
  /** The log may be damaged, and is then repaired with the copy beside it. */
  readonly isDamaged: boolean;
}

/** The first thing that does not hold, as the text of the error that is thrown. */
export async function examine(disk: string, expected: Expected): Promise<void> {
  const directory = dataOf(disk);
  await rm(fillOf(disk), { force: true });
  if (expected.isDamaged) await repairIfDamaged(disk, expected);
  const first = await look(directory, expected, false);
  const second = await look(directory, expected, true);
  same("a second recovery left other segments", second.before, first.after);
  if (second.repaired) fail("a second recovery repaired something");
}

const fail = (what: string): never => {
  throw new Error(what);
};

function same(what: string, found: unknown, wanted: unknown): void {
  const [is, was] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (is !== was) fail(`${what}: ${is} instead of ${was}`);
}

const opened = (directory: string) => {
  const clock = fixedClock("2026-11-21T00:00:00.000Z");
  return openLog({ directory, files, clock, ids: seededIds(seededRandom(1)), isSealed: true });
};

/** Opens the log as the daemon does, checks everything, and closes it. The second time it is also written to. */
async function look(directory: string, { notes }: Expected, isSecond: boolean) {
  const before = await segmentsIn(directory);
  const { log, repaired, unsealed } = await opened(directory);
  try {
    const mode = log.mode();
    if (mode.kind !== "writable") fail(`it opens read-only: ${mode.error.code}, ${mode.error.message}`);
    if (unsealed !== undefined) fail(`it is not sealed any more: ${String(unsealed)}`);
    await checkRecords(directory, log, notes);
    await checkCheckpoint(directory, log);
    if (isSecond) await log.append(batchOf("after", 2)).durable;
    await log.sealNow();
  } finally {
    await log.close();
  }
  await checkFiles(directory, notes);
  return { before, after: await segmentsIn(directory), repaired: repaired !== undefined };
}

async function repairIfDamaged(disk: string, { notes }: Expected): Promise<void> {
  const [directory, from] = [dataOf(disk), copyOf(disk)];
  const { isIntact, damage } = await verifyLog({ directory, files });
  if (isIntact) return;
  if (notes.some(({ kind }) => kind === "repaired")) fail(`what was repaired is damaged again: ${damage?.what}`);
  const clock = fixedClock("2026-11-20T23:00:00.000Z");
  const ids = seededIds(seededRandom(2));
  await repairFrom({ directory, files, from, clock, ids, by: ann, isWanted: true });
}

/** Name, size and content of each. */
async function segmentsIn(directory: string): Promise<string[]> {
  const folder = logDirectory(directory);
  const names = await readdir(folder).catch(() => []);
  const segments = names.filter((name) => name.endsWith(".jsonl")).sort();
  return Promise.all(
    segments.map(async (name) => {
      const bytes = await readFile(`${folder}/${name}`);
      return `${name} ${bytes.length} ${sha256Hex(bytes)}`;
    }),
  );
}

async function checkRecords(directory: string, log: EventLog, notes: readonly Note[]): Promise<void> {
  const records = await readAll(log);
  const revisions = new Map<string, number>();
  records.forEach((record, at) => {
    const revision = (revisions.get(record.stream) ?? 0) + 1;
    revisions.set(record.stream, revision);
    same("a record has another place", [record.position, record.revision], [at + 1, revision]);
  });
  checkCommands(records, notes);
  for (const record of records) await checkNamed(directory, record);
}

/** Each command that was sent is whole or not there; each that was acknowledged is there. */
function checkCommands(records: readonly Recorded[], notes: readonly Note[]): void {
  const counts = new Map<string, number>();
  for (const { by, type, command } of records) {
    if (by.kind === "user" && type !== "log.repaired") counts.set(command, (counts.get(command) ?? 0) + 1);
  }
  const sent = new Map(notes.flatMap((note) => (note.kind === "sent" ? [[note.command, note.events]] : [])));
  for (const [command, count] of counts) same(`events of ${command}`, count, sent.get(command));
  for (const note of notes) {
    if (note.kind === "acknowledged" && !counts.has(note.command)) fail(`${note.command} was acknowledged and is lost`);
  }
}

/** What an event names besides the log is there, whole. */
async function checkNamed(directory: string, { type, position, data }: Recorded): Promise<void> {
  const named =
    type === storedType
      ? { path: `${vaultOf(directory)}/${String(data["sha256"])}.raw`, sha256: data["sha256"] }
      : type === "log.repaired" && data["copy"] !== undefined
        ? { path: `${directory}/${String(data["copy"])}`, sha256: data["sha256"] }
        : undefined;
  if (named === undefined) return;
  const bytes = await readFile(named.path).catch((error: unknown) => fail(`${type} ${position}: ${String(error)}`));
  same(`${type} ${position} names a file`, sha256Hex(bytes), named.sha256);
}

async function checkCheckpoint(directory: string, log: EventLog): Promise<void> {
  const checkpoint = await loadCheckpoint({ directory, files, log }, { all: 1 });
  if (checkpoint !== undefined) same("a checkpoint", checkpoint.state, { position: checkpoint.position });
}

/** The chain, the Merkle tree, the head, every seal, and the newest seal that somebody outside had seen. */
async function checkFiles(directory: string, notes: readonly Note[]): Promise<void> {
  const seals = notes.flatMap((note) => (note.kind === "sealed" ? [note.seal] : []));
  const kept = seals.reduce<(typeof seals)[number] | undefined>(
    (newest, seal) => (seal.size > (newest?.size ?? 0) ? seal : newest),
    undefined,
  );
  const report = await verifyLog({ directory, files, ...(kept ? { kept } : {}) });
  if (report.damage !== undefined) fail(`audit: ${report.damage.kind}, ${report.damage.what}`);
  if (!report.isIntact) fail(`audit: a witness disagrees: ${JSON.stringify(report.witnesses)}`);
  same("seals that hold", report.seals.holding, report.seals.count);
  same("keys of seals", report.seals.keys, 1);
  same("torn bytes of a seal", report.seals.torn, 0);
  if (report.seals.kept?.holds === false) fail(`a seal that was seen outside, of ${kept?.size} records, does not hold`);
  if (report.tail !== undefined) fail(`bytes behind the end of a closed log: ${JSON.stringify(report.tail)}`);
  const left = (await readdir(logDirectory(directory))).filter((name) => name.endsWith(".tmp"));
  same("temporary files", left, []);
  await stat(`${directory}/log/head`);
}
