/** A real daemon to be fired at, in a folder of its own, and ways to see that it was not moved. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DaemonStatus } from "../../src/model/view.ts";
import { type CliResult, startCli } from "../commands/stand-in.ts";

/** What a daemon may grow by under fire. */
export const growthBytesMax = 256 << 20;
const answerMsMax = 20_000;

export interface FireBed {
  readonly socket: string;
  run(...argv: string[]): Promise<CliResult>;
  post(call: string, body: string | Uint8Array): Promise<{ status: number; code: string | undefined }>;
  positionNow(): Promise<number>;
  /** Undefined when the same daemon answers, and has recorded nothing and reported nothing since that position. */
  moved(position: number): Promise<string | undefined>;
  residentBytes(): number;
  close(): Promise<void>;
}

/** Starts it; `close` ends it and leaves nothing. */
export async function startFireBed(): Promise<FireBed> {
  const scratch = mkdtempSync(join(tmpdir(), "strata-fire-"));
  const home = join(scratch, "data");
  const run = (...argv: string[]) =>
    startCli(argv, { STRATA_HOME: home, XDG_RUNTIME_DIR: scratch, XDG_CONFIG_HOME: scratch }).result();
  const close = async () => {
    await run("daemon", "stop");
    rmSync(scratch, { recursive: true, force: true });
  };
  const status = async () => JSON.parse((await run("daemon", "status", "--json")).stdout) as DaemonStatus;
  const started = await run("list");
  if (started.code !== 0) {
    await close();
    throw new Error(`no daemon: ${started.stderr}`);
  }
  const { socket, pid } = await status();
  return {
    socket,
    run,
    post: (call, body) => post(socket, call, body),
    positionNow: async () => (await status()).log.position,
    async moved(position) {
      const now = await status();
      if (now.pid !== pid) return `daemon ${pid} ended, ${now.pid} answers`;
      if (now.log.position !== position) return `the log went from position ${position} to ${now.log.position}`;
      const [line] = reportedIn(home);
      return line === undefined ? undefined : `the daemon reported: ${line}`;
    },
    residentBytes: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024,
    close,
  };
}

/** Lines that the daemon wrote beyond those of its start. */
const reportedIn = (home: string): string[] =>
  readFileSync(join(home, "daemon.log"), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !/ready at |stopping: /.test(line));

async function post(socket: string, call: string, body: string | Uint8Array) {
  const response = await fetch(`http://strata/v1/${call}`, {
    unix: socket,
    method: "POST",
    body: body as string,
    signal: AbortSignal.timeout(answerMsMax),
  });
  const text = await response.text();
  const code = response.ok ? undefined : (JSON.parse(text) as { error: { code: string } }).error.code;
  return { status: response.status, code };
}
