/** A daemon over fake machines, in folders of its own: started, asked, killed and started again. */
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiClient, createClient } from "../../../src/api/client.ts";
import { readConfig } from "../../../src/config.ts";
import type { Random } from "../../simulation/random.ts";
import { version } from "../../../package.json";
import { hostWorld, type WorldHost } from "./host.ts";

/** A daemon that has not answered by then never will. */
const readyMsMax = 20_000;

export interface Life {
  readonly pid: number;
  /** From the start of the process to its first answer. */
  readonly readyMs: number;
  client(): ApiClient;
  /** Kills it as `kill -9` does, and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks it to end, and waits. Resolves with its exit code. */
  end(): Promise<number>;
}

export interface Bed {
  /** STRATA_HOME. */
  readonly directory: string;
  readonly runtimeDirectory: string;
  readonly socket: string;
  /** Leads a client of the compiled program here. */
  readonly environment: Readonly<Record<string, string>>;
  readonly host: WorldHost;
  /** Starts the daemon without waiting for it. */
  spawn(): Spawned;
  /** Rejects with the daemon's own words when it does not answer. */
  start(): Promise<Life>;
  /** What daemons have written so far. */
  said(): string;
  close(): Promise<void>;
}

export type Spawned = ReturnType<typeof Bun.spawn>;

export interface BedOptions {
  readonly random: Random;
  readonly waitMsMax: number;
}

export async function createBed({ random, waitMsMax }: BedOptions): Promise<Bed> {
  const place = mkdtempSync(join(tmpdir(), "strata-bed-"));
  chmodSync(place, 0o700);
  const environment = {
    PATH: process.env["PATH"] ?? "",
    HOME: place,
    STRATA_HOME: join(place, "data"),
    XDG_RUNTIME_DIR: place,
    XDG_CONFIG_HOME: join(place, "config"),
  };
  const { directory, runtimeDirectory, socket } = readConfig(environment);
  const images = join(place, "images");
  mkdirSync(images);
  writeFileSync(join(images, "tiny.qcow2"), "what stands for an image");
  const logFile = join(place, "daemon.log");
  writeFileSync(logFile, "");
  const worldSocket = join(place, "world");
  const host = hostWorld({ socket: worldSocket, random, waitMsMax });
  const clear = async () => {
    await host.stop();
    rmSync(place, { recursive: true, force: true });
  };
  const program = await bundled(place).catch(async (error: unknown) => {
    await clear();
    throw error;
  });
  // A program from source makes its page with what stands there.
  symlinkSync(join(import.meta.dir, "../../../build"), join(place, "build"));
  const living = new Set<Spawned>();

  const spawn = (): Spawned => {
    const log = openSync(logFile, "a");
    const child = Bun.spawn([process.execPath, program, worldSocket, images, version], {
      env: environment,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    living.add(child);
    void child.exited.then(() => living.delete(child));
    return child;
  };
  const client = () => createClient({ target: { socket, origin: "home" }, version });
  const said = () => readFileSync(logFile, "utf8");
  const start = async (): Promise<Life> => {
    const startedMs = performance.now();
    const child = spawn();
    const first = client();
    while ((await first.probe().catch(() => undefined))?.pid !== child.pid) {
      if (child.exitCode !== null || child.signalCode !== null || performance.now() - startedMs > readyMsMax) {
        child.kill("SIGKILL");
        throw new Error(`the daemon did not start:\n${said().slice(-2000)}`);
      }
      await Bun.sleep(2);
    }
    const gone = async (signal: NodeJS.Signals) => {
      child.kill(signal);
      return child.exited;
    };
    const readyMs = performance.now() - startedMs;
    return {
      pid: child.pid,
      readyMs,
      client,
      kill: async () => void (await gone("SIGKILL")),
      end: () => gone("SIGTERM"),
    };
  };
  return {
    directory,
    runtimeDirectory,
    socket,
    environment,
    host,
    spawn,
    start,
    said,
    async close() {
      for (const child of living) child.kill("SIGKILL");
      await Promise.all([...living].map((child) => child.exited));
      await clear();
    },
  };
}

/** The daemon's program in one file: it is started a thousand times. */
async function bundled(folder: string): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [join(import.meta.dir, "daemon.ts")],
    target: "bun",
    // ssh2 does without its natives.
    external: ["cpu-features", "*.node"],
    // As deep as the module that looks for what makes the page.
    outdir: join(folder, "src/program"),
  });
  const [program] = outputs;
  if (program === undefined) throw new Error("the daemon's program could not be put together");
  return program.path;
}
