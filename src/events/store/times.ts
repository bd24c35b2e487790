/** Finds the place of a time by bisection: the time of records never goes back. */
import type { Files } from "../../sys/files.ts";
import { readBlock } from "./chunks.ts";
import { withFile } from "./joints.ts";
import { positionOf, timeOf } from "./line.ts";
import type { SegmentView, Shelf } from "./shelf.ts";

/** The newest position up to `upTo` whose time is not later; 0 when all are later. */
export async function positionAt(files: Files, shelf: Shelf, upTo: number, time: string): Promise<number> {
  const views = await shelf.views(1, upTo);
  let low = 0;
  for (let high = views.length; low < high;) {
    const middle = (low + high) >> 1;
    const view = views[middle];
    if (view !== undefined && (await firstTime(files, view)) <= time) low = middle + 1;
    else high = middle;
  }
  const view = views[low - 1];
  if (view === undefined) return 0;
  const { samples } = await view.index();
  const later = samples.times.findIndex((each) => each > time);
  const sample = (later < 0 ? samples.times.length : later) - 1;
  const end = samples.offsets[sample + 1] ?? view.bytes;
  const block = await withFile(files, view.segment.path, (file) => readBlock(file, samples.offsets[sample] ?? 0, end));
  let found = 0;
  block.ends.forEach((_, at) => {
    const start = at === 0 ? 0 : (block.ends[at - 1] ?? 0) + 1;
    const position = positionOf(block.bytes, start);
    if (position <= view.last && timeOf(block.bytes, start) <= time) found = Math.max(found, position);
  });
  return found;
}

/** Enough bytes to hold the position and time of a line. */
const lineStartBytes = 128;

const firstTime = (files: Files, view: SegmentView): Promise<string> =>
  withFile(files, view.segment.path, async (file) => timeOf(await file.read(0, lineStartBytes), 0));
