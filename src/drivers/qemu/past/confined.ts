/** The programs that look into a past disk, without our rights: a guest wrote what they read. */
import { UserError } from "../../../errors.ts";
import type { Piped, PipedOptions } from "../../../sys/piped.ts";
import type { Account, RunResult } from "../../../sys/process.ts";
import { admitTools, confine, openPassage, openWay, toolAccount } from "../access.ts";
import type { QemuContext } from "../context.ts";
import type { DiskTools } from "../toolchain.ts";
import type { ChainFile } from "./chain.ts";

export interface RunLimits {
  readonly timeoutMs: number;
  readonly memoryBytesMax: number;
}

export interface Confined {
  readonly tools: DiskTools & { readonly img: readonly string[] };
  /** What they run as; undefined: as we do. */
  readonly account?: Account;
  pipe(
    argv: readonly string[],
    options: Pick<PipedOptions, "onError"> & { memoryBytesMax: number; env?: Readonly<Record<string, string>> },
  ): Piped;
  run(
    argv: readonly string[],
    limits: RunLimits,
    signal: AbortSignal,
    env?: Readonly<Record<string, string>>,
  ): Promise<RunResult>;
}

const outputBytesMax = 64 * 2 ** 10;

/** Where a past disk is worked on, and which files it is made of. */
export interface Access {
  readonly chain: readonly ChainFile[];
  /** Folders of one look into the past, in the data and in the runtime directory. */
  readonly folders: readonly string[];
}

/** Lets the programs' account reach the disk's files and the folders. Throws `files-unavailable` when the programs are not there. */
export async function confineTools(context: QemuContext, { chain, folders }: Access): Promise<Confined> {
  const { files, host, dataDirectory, runtimeDirectory, processes } = context;
  const { disks, img, env } = await context.toolchain();
  if (disks === undefined) throw unavailable();
  const account = toolAccount(host.uid);
  const roots = [dataDirectory, runtimeDirectory];
  const above = [...new Set([...chain.map(({ path }) => path), ...folders].map(folderOf))];
  if (account) for (const { path } of chain) await admitTools(files, path, account, dataDirectory);
  if (account) for (const folder of folders) await files.changeOwner(folder, account.uid, account.gid);
  const passage = account ? await openPassage(files, host.platform, roots, above) : openWay;
  const confinedAs = (argv: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    confine(account, passage, argv, { ...env, ...more });
  return {
    tools: { ...disks, img },
    ...(account && { account }),
    pipe: (words, { env: more, ...options }) => {
      const { argv, start } = confinedAs(words, more);
      return processes.pipe(argv, { ...start, ...options });
    },
    run: (words, limits, signal, more) => {
      const { argv, start } = confinedAs(words, more);
      return processes.run(argv, { ...limits, ...start, outputBytesMax, signal });
    },
  };
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf("/"));

const unavailable = () =>
  new UserError(
    "files-unavailable",
    "debugfs, e2fsck and qemu-nbd read the files of past disks; they are not all installed",
    {
      hints: [
        ["next", "sudo apt-get install e2fsprogs qemu-utils"],
        ["or", "strata set driver.qemu=carried"],
      ],
    },
  );
