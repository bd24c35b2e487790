/** Runs the compiled binary as a user would, in a data directory of its own, and leaves nothing behind. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const root = resolve(import.meta.dir, "../..");
export const binary = process.env["STRATA_BINARY"] ?? join(root, "dist/strata");

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Uint8Array;
  readonly timeoutMs?: number;
  readonly environment?: Record<string, string>;
}

/** One guest boots in 5 to 15 s under emulation; three at once, on two cores that others keep busy, take minutes. */
export const guestMs = 240_000;

export interface Home {
  readonly directory: string;
  readonly environment: Record<string, string>;
  /** Runs strata; the answer has its exit code and all it printed. */
  run(words: readonly string[], options?: RunOptions): Promise<Ran>;
  /** Has a shell read a line, with the compiled program first in its PATH. */
  shell(line: string): Promise<Ran>;
  /** The same, but anything except exit 0 is an error that shows what was printed. */
  ok(...words: readonly string[]): Promise<string>;
  start(words: readonly string[]): ReturnType<typeof spawnStrata>;
  daemonPid(): Promise<number>;
  /** Pids of everything that was started for this home and still runs; with `words`, of what has them in its command line. */
  processes(words?: string): number[];
  close(): Promise<void>;
}

/** Leaves the built-in image hosts out: what the internet offers, or that it cannot be reached, is not ours to test. */
export async function withoutImageHosts(home: Home): Promise<void> {
  const tree = join(home.directory, "no-images");
  mkdirSync(join(tree, "streams/v1"), { recursive: true });
  writeFileSync(join(tree, "streams/v1/index.json"), JSON.stringify({ format: "index:1.0", index: {} }));
  await home.ok("set", `images.hosts=none=${pathToFileURL(tree)}`);
}

export function createHome(): Home {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: run npm test, or bun build/compile.ts`);
  const directory = mkdtempSync(join(tmpdir(), "strata-e2e-"));
  chmodSync(directory, 0o711);
  const environment: Record<string, string> = {
    ...inherited(),
    STRATA_HOME: join(directory, "data"),
    XDG_RUNTIME_DIR: directory,
    XDG_CONFIG_HOME: join(directory, "config"),
  };
  const start = (words: readonly string[]) => spawnStrata(words, environment);
  const run = (words: readonly string[], options: RunOptions = {}): Promise<Ran> =>
    resultOf(spawnStrata(words, { ...environment, ...options.environment }, options.stdin), options.timeoutMs);
  const shell = (line: string): Promise<Ran> => {
    const env = { ...environment, PATH: `${dirname(binary)}:${environment["PATH"] ?? ""}` };
    return resultOf(Bun.spawn(["sh", "-c", line], { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" }));
  };
  const processes = (words = "") => processesWith(directory).filter((pid) => wordsOf(pid, "cmdline").includes(words));
  return {
    directory,
    environment,
    run,
    shell,
    start,
    processes,
    async ok(...words) {
      const ran = await run(words);
      if (ran.code === 0) return ran.stdout;
      const known = ran.code === killedCode ? await evidence(run) : "";
      throw new Error(`strata ${words.join(" ")}: exit ${ran.code}\n${ran.stderr}${ran.stdout}${known}`);
    },
    async daemonPid() {
      const ran = await run(["daemon", "status", "--json"]);
      return Number(JSON.parse(ran.stdout).pid);
    },
    async close() {
      await run(["daemon", "stop"], { timeoutMs: 20_000 });
      await until("no process is left", () => killAll(processes()) === 0, 20_000);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Of a program that took too long and was ended. */
const killedCode = 137;

/** What is known of each instance when something has hung. */
async function evidence(run: Home["run"]): Promise<string> {
  const names = (await run(["list", "-q"])).stdout.split("\n").filter(Boolean);
  const asked = [["list"], ...names.map((name) => ["explain", name])].map((words) => run(words));
  return (await Promise.all(asked)).map((ran) => ran.stderr + ran.stdout).join("\n");
}

/** Runs the program as `multipass`, by a link in the home's folder. */
export function asMultipass(home: Home): Home["run"] {
  const link = join(home.directory, "multipass");
  if (!existsSync(link)) symlinkSync(binary, link);
  return (words, options = {}) =>
    resultOf(
      spawnStrata(words, { ...home.environment, ...options.environment }, options.stdin, link),
      options.timeoutMs,
    );
}

/** Starts a script that may mount: what it mounts lies in a namespace of its own and goes with it. Both outputs come as one. */
export function startMounting(home: Home, steps: string) {
  const namespace = process.getuid?.() === 0 ? "-m" : "-rm";
  return Bun.spawn(["unshare", namespace, "sh", "-c", `{ ${steps}\n} 2>&1`], {
    env: home.environment,
    stdout: "pipe",
    stderr: "inherit",
  });
}

/** All that a program printed, and its exit code; ended when it takes too long. */
export async function resultOf(child: ReturnType<typeof spawnStrata>, timeoutMs = guestMs): Promise<Ran> {
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** Variables that belong to the tests' own runtime must not reach the program. */
function inherited(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(BUN_|NODE_|STRATA_)/.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), NO_COLOR: "1", TERM: "xterm" };
}

function spawnStrata(
  words: readonly string[],
  environment: Record<string, string>,
  stdin?: string | Uint8Array,
  program = binary,
) {
  const input = stdin === undefined ? "ignore" : new Blob([stdin as string]);
  return Bun.spawn([program, ...words], { env: environment, stdin: input, stdout: "pipe", stderr: "pipe" });
}

/** As the kernel has it, a NUL after each word; empty for a process that has ended meanwhile. */
export function wordsOf(pid: number, which: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${which}`, "utf8");
  } catch {
    return "";
  }
}

/**
 * Throws when the guest's clock is more than `secondsMax` away from the host's, however long it took to ask. It is set once, and
 * behind by what a busy host took to tell it.
 */
export async function expectTimeOfNow(ask: () => Promise<string>, secondsMax = 10): Promise<void> {
  const before = Date.now() / 1000;
  const guest = Number(await ask());
  const after = Date.now() / 1000;
  if (!(guest >= before - secondsMax && guest <= after + secondsMax))
    throw new Error(`the guest's clock says ${guest}, and it was between ${before} and ${after}`);
}

/** Processes whose command line names the directory; ours alone, since its name is random. */
function processesWith(directory: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => names(pid, directory));
}

const names = (pid: number, directory: string): boolean =>
  wordsOf(pid, "cmdline").includes(directory) || wordsOf(pid, "environ").includes(`STRATA_HOME=${directory}/`);

function killAll(pids: readonly number[]): number {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return pids.length;
}

/** Between two looks that cost next to nothing, so that what is there for a moment only is seen. */
const glanceMs = 10;
/** Between two others, which start a program and cost others time: a hundredth of the time waited so far, within these bounds. */
const lookMsMin = 50;
const lookMsMax = 250;

/** Waits for a condition; throws naming it when the limit passes, with what `evidence` says of it. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 90_000,
  evidence?: () => Promise<string>,
): Promise<void> {
  const began = performance.now();
  for (;;) {
    const looked = condition();
    if (await looked) return;
    const passedMs = performance.now() - began;
    if (passedMs > limitMs) throw new Error(`not within ${limitMs / 1000} s: ${what}\n${(await evidence?.()) ?? ""}`);
    const isGlance = typeof looked === "boolean";
    await Bun.sleep(isGlance ? glanceMs : Math.min(lookMsMax, Math.max(lookMsMin, passedMs / 100)));
  }
}
