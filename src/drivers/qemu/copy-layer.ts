/** Copies what one layer holds itself into another, by qemu-img, without our rights: a guest wrote what it reads. */
import { UserError } from "../../errors.ts";
import { dirname } from "../../sys/files.ts";
import type { RunResult } from "../../sys/process.ts";
import { admitTools, confine, openPassage, openWay, toolAccount } from "./access.ts";
import type { QemuContext } from "./context.ts";

export interface CopySource {
  readonly path: string;
  /** What it stands on: only its size counts. */
  readonly below: string;
  readonly format: "qcow2" | "raw";
}

/** Runs qemu-img with these words, in a process without our rights. */
export type RunTool = (words: readonly string[], signal: AbortSignal) => Promise<RunResult>;

/** For tens of gigabytes on a slow disk; most of the address space is the stacks of its threads. */
const limits = { timeoutMs: 900_000, outputBytesMax: 64 * 2 ** 10, memoryBytesMax: 4 * 2 ** 30 };

/** Lets the tools' account read the sources and write to `target`, which is there. */
export async function prepareCopies(
  context: QemuContext,
  sources: readonly string[],
  target: string,
): Promise<RunTool> {
  const { files, host, dataDirectory, processes } = context;
  const { img, env } = await context.toolchain();
  const account = toolAccount(host.uid);
  const paths = [...new Set(sources)];
  if (account) for (const path of paths) await admitTools(files, path, account, dataDirectory);
  await files.changeMode(target, 0o600);
  if (account) await files.changeOwner(target, account.uid, account.gid);
  const folders = [...new Set([target, ...paths].map(dirname))];
  const passage = account ? await openPassage(files, host.platform, [dataDirectory], folders) : openWay;
  return (words, signal) => {
    const { argv, start } = confine(account, passage, [...img, ...words], env);
    return processes.run(argv, { ...limits, ...start, signal });
  };
}

/**
 * Every cluster that the source has, zeros too. Each file is named, none is followed by a name in another. `-B` says that what the
 * source has not is not copied; the target is opened without what it stands on, since QEMU would take zeros behind that one's end
 * for granted. Throws `no-space` or `layer-not-merged`.
 */
export async function copyLayer(
  run: RunTool,
  { path, below, format }: CopySource,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const source = node("qcow2", path, node(format, below));
  const sink = { ...node("qcow2", target), discard: "unmap" };
  const words = [
    "convert",
    "-q",
    "-n",
    "-B",
    below,
    "-O",
    "qcow2",
    ...[source, sink].map((each) => `json:${JSON.stringify(each)}`),
  ];
  checkCopied(await run(words, signal), "layer-not-merged", "layers cannot be merged");
}

/** Throws `no-space`, or `code`, with qemu-img's last line. */
export function checkCopied({ exitCode, stopped, stderr }: RunResult, code: string, what: string): void {
  if (exitCode === 0) return;
  const reason = stopped ? "it took too long" : (stderr.trim().split("\n").at(-1) ?? "qemu-img gave no reason");
  const isFull = /no space left|quota exceeded/i.test(reason);
  throw new UserError(isFull ? "no-space" : code, `${what}: ${reason}`);
}

function node(format: "qcow2" | "raw", path: string, backing: object | null = null): object {
  const opened = { driver: format, file: { driver: "file", filename: path } };
  return format === "raw" ? opened : { ...opened, backing };
}
