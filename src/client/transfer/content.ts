/** The bytes of one file: read and written many pieces at a time, held in memory only within the limits of the job. */
import { UserError } from "../../errors.ts";
import { pieceBytes, type Job } from "./job.ts";
import type { Sink, Source } from "./side.ts";
import { createCrew } from "./slots.ts";

type Piece = { readonly offset: number; readonly bytes: Uint8Array };

const shrunk = () => new UserError("file-changed", "it became shorter while it was read");

/** The whole piece, also from a source that gives it in parts. */
async function readPiece(source: Source, offset: number, length: number): Promise<Uint8Array> {
  const first = await source.read(offset, length);
  if (first.length === length) return first;
  const whole = new Uint8Array(length);
  whole.set(first);
  for (let filled = first.length; filled < length;) {
    const more = filled === 0 ? first : await source.read(offset + filled, length - filled);
    if (more.length === 0) throw shrunk();
    whole.set(more, filled);
    filled += more.length;
  }
  return whole;
}

function createWriting(sink: Sink, job: Job) {
  let previous: Promise<void> = Promise.resolve();
  const write = async ({ offset, bytes }: Piece): Promise<void> => {
    job.signal.throwIfAborted();
    await sink.write(bytes, offset);
    job.tally.bytes += bytes.length;
    job.onBytes();
  };
  return (piece: Promise<Piece>): Promise<void> => {
    if (!sink.isOrdered) return piece.then(write);
    const before = previous;
    previous = Promise.all([piece, before]).then(([got]) => write(got));
    return previous;
  };
}

/** The first `bytes` of it, which it must have. */
export async function copyKnown(source: Source, sink: Sink, bytes: number, job: Job): Promise<void> {
  const crew = createCrew(job.pieces);
  const writing = createWriting(sink, job);
  try {
    for (let offset = 0; offset < bytes; offset += pieceBytes) {
      job.signal.throwIfAborted();
      const [at, length] = [offset, Math.min(pieceBytes, bytes - offset)];
      await crew.start(() => writing(readPiece(source, at, length).then((got) => ({ offset: at, bytes: got }))));
    }
  } finally {
    await crew.settle();
  }
  crew.check();
}

/** All that comes until its end, read in order; at most `bytesMax`. */
export async function copyToEnd(source: Source, sink: Sink, bytesMax: number, job: Job): Promise<void> {
  const crew = createCrew(job.pieces);
  const writing = createWriting(sink, job);
  try {
    for (let offset = 0; ;) {
      job.signal.throwIfAborted();
      const [at, bytes] = [offset, await source.read(offset, pieceBytes)];
      if (bytes.length === 0) break;
      offset += bytes.length;
      if (offset > bytesMax) throw new UserError("file-endless", "it says that it is empty, and goes on and on");
      await crew.start(() => writing(Promise.resolve({ offset: at, bytes })));
    }
  } finally {
    await crew.settle();
  }
  crew.check();
}
