/** A folder served to this machine's own kernel: sshfs in a mount namespace, its standard streams crossed with a server's. */
import { existsSync, mkdtempSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { MountOptions } from "../../src/mounts/options.ts";

/** Root makes mount namespaces; a user could, with more setup. */
export const canMount =
  process.getuid?.() === 0 && existsSync("/dev/fuse") && Bun.which("sshfs") !== null && Bun.which("nsenter") !== null;

const mountMs = 60_000;
const lookMs = 20;

export interface Mounted {
  /** The mount, as seen from here. */
  readonly path: string;
  /** Runs a line there, and answers what it printed. Rejects when it fails, with what it said. */
  shell(line: string, patienceMs?: number): Promise<string>;
  close(): Promise<void>;
}

export const main = join(import.meta.dir, "../../src/main.ts");

/** The helper's command, from source or compiled. */
export const helperCommand = (
  options: Partial<MountOptions> & Pick<MountOptions, "source">,
  program: readonly string[] = [process.execPath, main],
): string[] => [
  ...program,
  "helper",
  "serve-mount",
  JSON.stringify({ readOnly: false, uids: [], gids: [], ...options }),
];

const quoted = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** What a process sees mounted; nothing when it has ended. */
function mountsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/mountinfo`, "utf8");
  } catch {
    return "";
  }
}

/** As in guests: links are shown as they are, also by an sshfs that would rather keep them inside. */
function sshfsOptions(): string {
  const asIn = "passive,allow_other,default_permissions,attr_timeout=1,entry_timeout=1,dcache_timeout=1";
  const help = Bun.spawnSync(["sshfs", "-h"]);
  const contains = `${help.stdout.toString()}${help.stderr.toString()}`.includes("no_contain_symlinks");
  return contains ? `${asIn},no_contain_symlinks` : asIn;
}

/** Mounts what `server` serves, of that the folder `asked`. Rejects when it is not there in time. */
export async function mountBySshfs(server: readonly string[], asked = ":/"): Promise<Mounted> {
  const directory = mkdtempSync(join(tmpdir(), "strata-sshfs-"));
  const point = join(directory, "mount");
  mkdirSync(point);
  // A fifo is opened once both ends are: in this order neither waits for the other for ever.
  const script = `cd ${directory} && mkfifo up down && ${server.map(quoted).join(" ")} <up >down &
    cd ${directory}; while [ ! -p down ]; do sleep 0.01; done; exec sshfs -f -o ${sshfsOptions()} ${asked} mount >up <down`;
  const child = Bun.spawn(["unshare", "-m", "--propagation", "private", "sh", "-c", script], {
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  const close = async () => {
    child.kill("SIGTERM");
    await child.exited;
    rmSync(directory, { recursive: true, force: true });
  };
  const deadline = performance.now() + mountMs;
  while (!mountsOf(child.pid).includes(` ${point} `)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await close();
      throw new Error("sshfs did not mount");
    }
    await Bun.sleep(lookMs);
  }
  const shell = async (line: string, patienceMs = 60_000) => {
    const run = Bun.spawn(["nsenter", `--target=${child.pid}`, "--mount", "sh", "-ec", `cd ${point}; ${line}`], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      timeout: patienceMs,
    });
    const [out, error] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
    if ((await run.exited) !== 0) throw new Error(`${line}\n${out}${error}`);
    return out;
  };
  return { path: `/proc/${child.pid}/root${point}`, shell, close };
}
