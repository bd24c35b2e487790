/**
 * A folder with all that is in it. Nothing but what lies in the target is written, whatever the source says: each name is a plain
 * one and comes once, a folder is one that was made here or that is there as a folder and no link, a file or a link takes its place
 * by renaming, and links are made when all else is there.
 */
import { UserError } from "../../errors.ts";
import { endlessCode, orPassedOver } from "./faults.ts";
import { copyFile, copyLink, type Way } from "./file.ts";
import type { Job } from "./job.ts";
import { flawOf, isDots } from "./names.ts";
import { type Attributes, type Entry, join } from "./side.ts";
import { createCrew } from "./slots.ts";

export interface Bounds {
  /** Files, folders and links together. */
  readonly entriesMax: number;
  readonly depthMax: number;
  /** In one folder: their names are held in memory. */
  readonly namesMax: number;
  /** Folders and links, which are held in memory until the end. */
  readonly heldMax: number;
}

export const usualBounds: Bounds = { entriesMax: 10_000_000, depthMax: 200, namesMax: 500_000, heldMax: 500_000 };

interface Place {
  readonly from: string;
  readonly to: string;
  readonly depth: number;
  /** It was made just now, so nothing is in it. */
  readonly isNew: boolean;
}

const tooMany = (what: string) =>
  new UserError(endlessCode, what, { hints: [["next", "copy its folders one by one"]] });

/** What is still to be done when all files are there. */
interface Rest {
  readonly links: Place[];
  readonly folders: (Attributes & { readonly path: string })[];
}

/** Copies `from` as the folder `to`. What cannot be copied is told to the job, and passed over. */
export async function copyFolder(
  way: Way,
  { from, to, attributes }: { from: string; to: string; attributes: Attributes },
  job: Job,
  bounds: Bounds = usualBounds,
): Promise<void> {
  const rest: Rest = { links: [], folders: [] };
  const isNew = await makeFolder(way, to, true, job);
  if (isNew) rest.folders.push({ path: to, ...attributes });
  const walk = createWalk(way, job, bounds, rest);
  await walk({ from, to, depth: 1, isNew });
  for (const { from: link, to: target } of rest.links)
    await orPassedOver(job, way.from.show(link), () => copyLink(way, link, target, job));
  // The innermost first: what is written into a folder changes its time.
  for (const { path, ...wanted } of rest.folders.toReversed())
    await orPassedOver(job, way.to.show(path), () => way.to.setAttributes(path, wanted));
}

/** Whether it had to be made. `mayLead`: its name is the caller's own word, and may be a link to a folder. */
async function makeFolder({ to }: Way, path: string, mayLead: boolean, job: Job, isNew = false): Promise<boolean> {
  const found = isNew ? undefined : await to.status(path, mayLead);
  if (found && found.kind !== "folder")
    throw new UserError("target-in-the-way", `${to.show(path)} is there, and is no folder`);
  if (found) return false;
  // For us alone until it is whole, and writable whatever the source's is.
  await to.makeFolder(path, 0o700);
  job.tally.folders += 1;
  return true;
}

function createWalk(way: Way, job: Job, bounds: Bounds, rest: Rest) {
  let entries = 0;
  const crew = createCrew(job.files);

  const visit = async (entry: Entry, above: Place, below: Place[]): Promise<void> => {
    const place = {
      ...above,
      from: join(above.from, entry.name),
      to: join(above.to, entry.name),
      depth: above.depth + 1,
    };
    if (entry.kind === "link") rest.links.push(place);
    else if (entry.kind === "folder") {
      if (place.depth > bounds.depthMax) throw new Error(`it is more than ${bounds.depthMax} folders deep`);
      const isNew = await makeFolder(way, place.to, false, job, above.isNew);
      rest.folders.push({ path: place.to, mode: entry.mode, seconds: entry.seconds });
      below.push({ ...place, isNew });
    } else if (entry.kind === "file") {
      await crew.start(() =>
        orPassedOver(job, way.from.show(place.from), () => copyFile(way, place.from, entry, place.to, job)),
      );
    } else throw new Error("it is neither a file, a folder nor a link");
  };

  const list = async (place: Place, below: Place[]): Promise<void> => {
    const names = new Set<string>();
    for await (const batch of way.from.entries(place.from)) {
      for (const entry of batch.filter(({ name }) => !isDots(name))) {
        job.signal.throwIfAborted();
        entries += 1;
        const held = rest.links.length + rest.folders.length;
        if (entries > bounds.entriesMax || names.size >= bounds.namesMax || held >= bounds.heldMax)
          throw tooMany(`${way.from.show(place.from)} holds more than can be copied at once`);
        const flaw = flawOf(entry.name) ?? (names.has(entry.name) ? "its name comes twice" : undefined);
        names.add(entry.name);
        await orPassedOver(job, way.from.show(join(place.from, entry.name)), async () => {
          if (flaw !== undefined) throw new Error(flaw);
          await visit(entry, place, below);
        });
      }
    }
  };

  return async (first: Place): Promise<void> => {
    const waiting = [first];
    try {
      for (let place = waiting.pop(); place; place = waiting.pop()) {
        const [here, below]: [Place, Place[]] = [place, []];
        await orPassedOver(job, way.from.show(here.from), () => list(here, below));
        waiting.push(...below.reverse());
      }
    } finally {
      await crew.settle();
    }
    crew.check();
  };
}
