/** One file or link: under another name until it is whole, then in its place; nothing is left of one that fails. */
import { copyKnown, copyToEnd } from "./content.ts";
import type { Job } from "./job.ts";
import { folderOf, join, type Node, type Side, type Sink } from "./side.ts";

/** Files of /proc and /sys say that they are empty; none is larger than this. */
const virtualBytesMax = 64 * 2 ** 20;

export interface Way {
  readonly from: Side;
  readonly to: Side;
}

/** Has `fill` write what will be the file `path`; the attributes that it answers are set. */
export async function writeFile(
  to: Side,
  path: string,
  job: Job,
  fill: (sink: Sink) => Promise<Parameters<Sink["setAttributes"]>[0] | undefined>,
): Promise<void> {
  const temporary = join(folderOf(path), job.temporaryName());
  const sink = await to.create(temporary);
  try {
    try {
      const attributes = await fill(sink);
      if (attributes) await sink.setAttributes(attributes);
    } finally {
      await sink.close();
    }
    job.signal.throwIfAborted();
    await to.rename(temporary, path);
  } catch (error) {
    await to.remove(temporary).catch(() => job.left.push(to.show(temporary)));
    throw error;
  }
  job.tally.files += 1;
}

/** Has `take` read an open file, and closes it. */
export async function readFile(
  from: Side,
  path: string,
  take: (source: Awaited<ReturnType<Side["open"]>>) => Promise<void>,
): Promise<void> {
  const source = await from.open(path);
  try {
    await take(source);
  } finally {
    await source.close().catch(() => undefined);
  }
}

/** What `node` says is in it, or what comes, of a file that says nothing. */
export function copyContent(from: Side, path: string, node: Node, sink: Sink, job: Job): Promise<void> {
  return readFile(from, path, (source) =>
    node.bytes > 0 ? copyKnown(source, sink, node.bytes, job) : copyToEnd(source, sink, virtualBytesMax, job),
  );
}

export async function copyFile({ from, to }: Way, path: string, node: Node, target: string, job: Job): Promise<void> {
  await writeFile(to, target, job, async (sink) => {
    await copyContent(from, path, node, sink, job);
    return node;
  });
}

export async function copyLink({ from, to }: Way, path: string, target: string, job: Job): Promise<void> {
  const text = await from.readLink(path);
  const flaw = flawOfLink(text);
  if (flaw !== undefined) throw new Error(flaw);
  const temporary = join(folderOf(target), job.temporaryName());
  await to.makeLink(text, temporary);
  try {
    await to.rename(temporary, target);
  } catch (error) {
    await to.remove(temporary).catch(() => job.left.push(to.show(temporary)));
    throw error;
  }
  job.tally.links += 1;
}

const linkBytesMax = 4095;

/** What no link can lead to; anywhere else is the link's own affair, since nothing is ever written through one. */
function flawOfLink(text: string): string | undefined {
  if (text === "" || text.includes("\0") || Buffer.byteLength(text) > linkBytesMax)
    return "it is no link that can be made here";
  return text.includes("\uFFFD") ? "what it leads to is no UTF-8" : undefined;
}
