/** Ways out of the daemon for text: to the end of a file, or to a command. */
import type { Files } from "../sys/files.ts";
import type { Processes } from "../sys/process.ts";

const outputBytesMax = 64 << 10;

/** At the end of a file that is made when it is missing, synced. What another writer left without its line end is ended first. */
export async function appendText({ open }: Pick<Files, "open">, path: string, text: string): Promise<void> {
  const file = await open(path, "ensure", 0o644);
  try {
    const size = await file.size();
    const last = size === 0 ? [] : await file.read(size - 1, 1);
    const isWhole = size === 0 || last[0] === 0x0a;
    try {
      await file.write(Buffer.from(isWhole ? text : `\n${text}`), size);
      await file.sync();
    } catch (error) {
      // Half of it is no line that anybody wants.
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  } finally {
    await file.close();
  }
}

export interface CommandPorts {
  readonly processes: Pick<Processes, "run">;
  /** PATH of the command. */
  readonly searchPath: string;
}

/** By a shell, with the text on standard input. Throws when it does not end with exit code 0 in time. */
export async function runWithText(
  { processes, searchPath }: CommandPorts,
  command: string,
  text: string,
  timeoutMs: number,
): Promise<void> {
  const { exitCode, stopped, stderr } = await processes.run(["/bin/sh", "-c", command], {
    env: { PATH: searchPath },
    input: Buffer.from(text),
    timeoutMs,
    outputBytesMax,
    signal: new AbortController().signal,
  });
  if (exitCode === 0) return;
  const said = stderr.trim().split("\n").at(-1) ?? "";
  throw new Error(`${stopped ? "it was stopped" : `it ended with exit code ${exitCode}`}${said && `: ${said}`}`);
}
