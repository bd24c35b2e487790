/** One look into a frozen disk: its root file system, opened without a machine, and all that is left of the look removed at its end. */
import { UserError } from "../../../errors.ts";
import { formatSize } from "../../../model/size.ts";
import type { Piped } from "../../../sys/piped.ts";
import type { QemuContext } from "../context.ts";
import { createLayer } from "../layers.ts";
import { blockNode, readChain, type ChainFile } from "./chain.ts";
import { confineTools, type Confined } from "./confined.ts";
import { damaged, parseSuperblock, superblockAt, superblockBytes, type Superblock } from "./ext.ts";
import type { Folders } from "./folders.ts";
import { findRoot, type Region } from "./partitions.ts";
import { serve, type Served } from "./served.ts";

export interface Volume {
  readonly superblock: Superblock;
  /** Bytes of the file system. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Starts debugfs on it, which reads commands. */
  debugfs(onError: (said: string) => void): Piped;
  close(): Promise<void>;
}

const debugfsBytesMax = 2 ** 30;
const replayLimits = { timeoutMs: 60_000, memoryBytesMax: 2 ** 30 };
/** Copying reads all that is on the disk. */
const copyLimits = { timeoutMs: 600_000, memoryBytesMax: 4 * 2 ** 30 };
const measureLimits = { ...copyLimits, timeoutMs: 60_000 };
/** Of the host's disk, what a copy leaves free. */
const freeBytesMin = 2 ** 30;

/** Throws what `readChain`, `findRoot`, `confineTools` and `serve` throw, `files-damaged`, or `no-space`. */
export async function openVolume(
  context: QemuContext,
  folders: Folders,
  layer: string,
  signal: AbortSignal,
): Promise<Volume> {
  const chain = await readChain(context.files, context.dataDirectory, layer);
  const place = await folders.make();
  const undo: (() => Promise<void>)[] = [place.remove];
  const close = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    const confined = await confineTools(context, { chain, folders: [place.data, place.runtime] });
    const look: Look = { context, chain, confined, place, undo, signal };
    return { ...(await open(look)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Look {
  readonly context: QemuContext;
  readonly chain: readonly ChainFile[];
  readonly confined: Confined;
  readonly place: Awaited<ReturnType<Folders["make"]>>;
  /** What has to be done at its end, last first. */
  readonly undo: (() => Promise<void>)[];
  readonly signal: AbortSignal;
}

async function open(look: Look): Promise<Omit<Volume, "close">> {
  const { chain, confined, place } = look;
  const served = await started(look, blockNode(chain), false);
  const root = await findRoot(served.disk);
  const superblock = parseSuperblock(await served.disk.read(root.offset + superblockAt, superblockBytes));
  if (!confined.tools.isServed) return copied(look, root, superblock);
  const placeholder = `${place.runtime}/disk`;
  await makeFile(look, placeholder, root.bytes);
  const env = { STRATA_DISK: place.socket, STRATA_DISK_OFFSET: String(root.offset) };
  if (!superblock.needsReplay) return opened(look, served, root.offset, superblock, placeholder, env);
  // The journal is replayed into a layer of its own, which nobody keeps.
  await served.close();
  const top = await throwawayLayer(look, served.disk.bytes);
  const writable = await started(look, top, true);
  await replay(look, placeholder, env);
  return opened(look, writable, root.offset, superblock, placeholder, env);
}

function opened(
  { confined, undo }: Look,
  { disk }: Pick<Served, "disk">,
  offset: number,
  superblock: Superblock,
  path: string,
  env: Readonly<Record<string, string>>,
): Omit<Volume, "close"> {
  return {
    superblock,
    read: (at, length) => disk.read(offset + at, length),
    debugfs: (onError) => {
      // -c: without the bitmaps, which reading files does not need.
      const program = confined.pipe([...confined.tools.debugfs, "-c", "-f", "-", path], {
        memoryBytesMax: debugfsBytesMax,
        env,
        onError,
      });
      undo.push(async () => {
        program.kill();
        await program.ended;
      });
      return program;
    },
  };
}

async function started({ context, confined, place, undo, signal }: Look, node: object, isWritable: boolean) {
  const served = await serve(context, confined, { node, socket: place.socket, isWritable }, signal);
  undo.push(() => served.close());
  return served;
}

/** An empty layer over the disk, as QEMU takes it. */
async function throwawayLayer({ context, confined, chain, place, signal }: Look, bytes: number): Promise<object> {
  const path = `${place.data}/top.qcow2`;
  const plan = { path, backing: chain[0]?.path ?? "", format: "qcow2", bytes } as const;
  const { account } = confined;
  await createLayer(context.files, account ? { ...plan, owner: account } : plan, signal);
  return blockNode([{ path, format: "qcow2" }, ...chain]);
}

async function replay({ confined, signal }: Look, path: string, env: Readonly<Record<string, string>>): Promise<void> {
  const words = [...confined.tools.e2fsck, "-y", "-E", "journal_only", path];
  const { exitCode, stderr, stdout } = await confined.run(words, replayLimits, signal, env);
  // Anything but 0 means that it did more, or less, than that.
  if (exitCode !== 0)
    throw damaged(`its journal cannot be replayed: ${`${stdout}${stderr}`.trim().split("\n").at(-1)}`);
}

/** For tools that read files only: the file system is copied out, without its holes, for the time of the look. */
async function copied(look: Look, root: Region, superblock: Superblock): Promise<Omit<Volume, "close">> {
  const { context, chain, confined, place, signal } = look;
  const path = `${place.data}/disk.raw`;
  const part = { driver: "raw", offset: root.offset, size: root.bytes, file: blockNode(chain) };
  const source = `json:${JSON.stringify(part)}`;
  await checkSpace(look, source);
  await makeFile(look, path, root.bytes);
  const words = [...confined.tools.img, "convert", "-q", "-n", "--target-is-zero", "-O", "raw", source, path];
  const { exitCode, stderr } = await confined.run(words, copyLimits, signal);
  if (exitCode !== 0) throw new UserError("disk-unreadable", `the disk cannot be read: ${lastLine(stderr)}`);
  if (superblock.needsReplay) await replay(look, path, {});
  const file = await context.files.open(path, "read");
  look.undo.push(() => file.close());
  const read = async (at: number, length: number) => Buffer.from(await file.read(at, length));
  return opened(look, { disk: { bytes: root.bytes, read, close: () => {} } }, 0, superblock, path, {});
}

async function checkSpace({ context, confined, place, signal }: Look, source: string): Promise<void> {
  const words = [...confined.tools.img, "measure", "--output=json", "-O", "raw", source];
  const { exitCode, stdout, stderr } = await confined.run(words, measureLimits, signal);
  if (exitCode !== 0) throw new UserError("disk-unreadable", `the disk cannot be read: ${lastLine(stderr)}`);
  const required = Number(JSON.parse(stdout).required);
  const { freeBytes } = await context.files.space(place.data);
  if (required + freeBytesMin <= freeBytes) return;
  throw new UserError(
    "no-space",
    `looking into the disk takes a copy of ${formatSize(required)}; ${formatSize(freeBytes)} are free`,
    {
      hints: [["next", "strata set driver.qemu=carried"]],
    },
  );
}

/** An empty file of that size which the tools' account may read and write. */
async function makeFile(
  { context: { files }, confined: { account } }: Look,
  path: string,
  bytes: number,
): Promise<void> {
  const file = await files.open(path, "create", 0o600);
  try {
    await file.truncate(bytes);
  } finally {
    await file.close();
  }
  if (account) await files.changeOwner(path, account.uid, account.gid);
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
