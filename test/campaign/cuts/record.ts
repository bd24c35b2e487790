/** Lets a scenario run on a recorded disk: what was on it before, every write since, and what the world was promised meanwhile. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "../../simulation/random.ts";
import { fileSystemOf, makeFileSystem } from "./file-systems.ts";
import { type Image, imageOfFile } from "./image.ts";
import { type Note, readJournal } from "./journal.ts";
import { attach, mount, unmount } from "./kernel.ts";
import { createReplay, flushedBy, type Point } from "./points.ts";
import { recordDisk } from "./recorder.ts";
import type { LifeOrder } from "./scenarios/life.ts";
import { scenarioOf } from "./scenarios/scenarios.ts";
import { type Entry, parseWriteLog } from "./write-log.ts";

export interface Recorded {
  readonly fileSystem: string;
  readonly scenario: string;
  readonly seed: number;
  readonly base: Image;
  /** As `parseWriteLog` takes it. */
  readonly writeLog: Buffer;
  readonly notes: readonly Note[];
}

export interface RecordOrder {
  readonly fileSystem: string;
  readonly scenario: string;
  readonly seed: number;
  /** An empty folder in memory. */
  readonly folder: string;
}

const imageIn = (folder: string) => join(folder, "image");
const journalIn = (folder: string) => join(folder, "journal");
export const mountIn = (folder: string) => join(folder, "mounted");

/** The scenario itself failed, on a disk that never lost power: a finding, not a fault of the campaign. */
export class Unplayed extends Error {}

/** Throws `Unplayed`, or what keeps it from being recorded. Run it in a mount namespace of its own. */
export async function record(order: RecordOrder): Promise<Recorded> {
  const { fileSystem, scenario, seed, folder } = order;
  mkdirSync(mountIn(folder), { recursive: true });
  rmSync(journalIn(folder), { force: true });
  const before = await prepared(order);
  const { writeLog, notes } = await played(order);
  return { fileSystem, scenario, seed, base: before.base, writeLog, notes: [...before.notes, ...notes] };
}

interface Before {
  readonly base: Image;
  readonly notes: readonly Note[];
}

/** Makes the disk as it is when the recording begins. */
async function prepared(order: RecordOrder): Promise<Before> {
  const { fileSystem, folder } = order;
  const scenario = scenarioOf(order.scenario);
  if (scenario.after !== undefined) return cutShort({ ...order, scenario: scenario.after });
  makeFileSystem(fileSystemOf(fileSystem), imageIn(folder));
  if (scenario.prepare !== undefined) {
    const device = attach(imageIn(folder));
    await onMounted(device.path, order, () => live(order, { step: "prepare", life: 0 }));
    device.close();
  }
  return { base: imageOfFile(imageIn(folder)), notes: [] };
}

/** The disk after power was cut somewhere in another scenario, and what had been promised for certain by then. */
async function cutShort(order: RecordOrder): Promise<Before> {
  const { base, writeLog, notes } = await record(order);
  const entries = parseWriteLog(writeLog);
  const random = seededRandom(order.seed);
  const upTo = Math.floor(entries.length * (0.3 + 0.7 * random.next()));
  const point: Point = { kind: "subset", upTo, seed: order.seed };
  const image = createReplay(base, entries)(point);
  image.save(imageIn(order.folder));
  rmSync(journalIn(order.folder), { force: true });
  const promised = promisedBy(entries, notes, upTo);
  return { base: image, notes: promised.map((note) => ("at" in note ? { ...note, at: 0 } : note)) };
}

/** What was sent at all, and what had been promised while everything that it rests on was flushed. */
export function promisedBy(entries: readonly Entry[], notes: readonly Note[], upTo: number): Note[] {
  const certain = flushedBy(entries, upTo);
  const issued = (at: number) => entries.filter((entry) => entry.at < at).length;
  return notes.filter((note) => note.kind === "sent" || flushedBy(entries, issued(note.at)) <= certain);
}

async function played(order: RecordOrder): Promise<Pick<Recorded, "writeLog" | "notes">> {
  const { folder } = order;
  const disk = await recordDisk(imageIn(folder), folder);
  const { writeLog } = disk;
  try {
    const { lives = 1 } = scenarioOf(order.scenario);
    await onMounted(disk.device.path, order, async () => {
      for (let life = 0; life < lives; life++) await live(order, { step: "run", life, writeLog });
    });
    return { writeLog: await disk.finish(), notes: readJournal(journalIn(folder)) };
  } catch (error) {
    disk.abandon();
    throw error;
  }
}

async function onMounted(device: string, { fileSystem, folder }: RecordOrder, work: () => Promise<void>) {
  const refused = mount(device, mountIn(folder), fileSystem);
  if (refused !== undefined) throw new Error(`${fileSystem} cannot be mounted: ${refused}`);
  try {
    await work();
  } finally {
    unmount(mountIn(folder));
  }
}

async function live(order: RecordOrder, about: Pick<LifeOrder, "step" | "life" | "writeLog">): Promise<void> {
  const { scenario, seed, folder } = order;
  const life: LifeOrder = { scenario, seed, disk: mountIn(folder), journal: journalIn(folder), ...about };
  const script = join(import.meta.dir, "scenarios/life.ts");
  const child = Bun.spawn(["setpriv", "--pdeathsig", "KILL", process.execPath, script, JSON.stringify(life)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) throw new Unplayed(`${about.step} ${about.life} failed: ${said.trim()}`);
}
