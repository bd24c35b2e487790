/** The processes that serve folders: each outlives the daemon, as its machine does, and is found again by what was noted of it. */
import { z } from "zod";
import { UserError, messageOf } from "../errors.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import { isAlive, type Processes } from "../sys/process.ts";
import type { ServeCommand } from "./virtiofs.ts";

/** What is known of a server that was started; its file is beside the machine's own, and goes with it. */
export const ServerNote = z.object({
  /** The device's. */
  tag: z.string(),
  /** The host's boot; another one now means that the process is gone. */
  boot: z.string(),
  process: z.object({ pid: z.int().positive(), startTime: z.string() }),
  /** What it serves and how; another wish needs another server. */
  plan: z.string(),
});
export type ServerNote = z.infer<typeof ServerNote>;

export interface ServerPorts {
  readonly files: Files;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly boot: () => string;
}

export interface Servers {
  /** Undefined when none is noted under the path. Throws `mount-failed` for a note that cannot be read. */
  find(path: string): Promise<ServerNote | undefined>;
  isAlive(note: ServerNote): boolean;
  /** It serves a folder that was removed; the one that may be in its place now is another one. */
  isLost(note: ServerNote): Promise<boolean>;
  /**
   * Starts one and waits until its machine may call. Throws `mount-source-missing`, `mount-source-unreadable`, `mount-unsupported` where
   * the host allows no user namespaces, or `mount-failed`; nothing is left then.
   */
  start(path: string, command: ServeCommand, plan: Pick<ServerNote, "tag" | "plan">, as: number): Promise<ServerNote>;
  /** Ends it, if it still runs, and forgets it. */
  end(path: string, note: ServerNote): Promise<void>;
  /** Its last line. */
  lastWords(path: string): Promise<string>;
  /** Keeps what it says within bounds. */
  tend(path: string): Promise<void>;
}

const readyMs = 10_000;
const lookMs = 20;
const outputBytesMax = 2 ** 18;

const outputOf = (path: string) => `${path}.log`;

export function createServers(ports: ServerPorts): Servers {
  const { files, processes, clock, boot } = ports;
  const isServing = (note: ServerNote) => note.boot === boot() && isAlive(processes, note.process);
  const output = async (path: string) => {
    const status = await files.stat(outputOf(path));
    if (status === undefined || status.bytes > 2 * outputBytesMax) return "";
    return Buffer.from(await files.read(outputOf(path))).toString();
  };
  const forget = async (path: string) => {
    for (const file of [path, outputOf(path)]) if ((await files.stat(file)) !== undefined) await files.remove(file);
  };
  return {
    isAlive: isServing,
    isLost: (note) => servesRemoved(files, note.process.pid),
    async find(path) {
      if ((await files.stat(path)) === undefined) return undefined;
      try {
        return ServerNote.parse(JSON.parse(Buffer.from(await files.read(path)).toString()));
      } catch (error) {
        throw new UserError("mount-failed", `the record ${path} cannot be read`, { cause: error });
      }
    },
    async start(path, { argv, env }, { tag, plan }, as) {
      const server = processes.spawnDetached(argv, { env, outputPath: outputOf(path) });
      const note = { tag, boot: boot(), process: server, plan };
      try {
        await files.writeAtomically(path, Buffer.from(JSON.stringify(note)), 0o600);
        await untilReady(
          clock,
          () => isAlive(processes, server),
          () => output(path),
        );
        // What runs as somebody else must never be plugged in.
        if (processes.facts(server.pid)?.uid !== as)
          throw new UserError("mount-failed", "the server runs as the wrong user");
        return note;
      } catch (error) {
        processes.kill(server, "SIGKILL");
        await forget(path);
        throw error;
      }
    },
    async end(path, note) {
      if (isServing(note)) processes.kill(note.process, "SIGKILL");
      await forget(path);
    },
    lastWords: async (path) => (await output(path).catch(messageOf)).trim().split("\n").at(-1) ?? "",
    async tend(path) {
      if (((await files.stat(outputOf(path)))?.bytes ?? 0) <= outputBytesMax) return;
      const file = await files.open(outputOf(path), "write");
      await file.truncate(0).finally(() => file.close());
    },
  };
}

/** What it serves is the root of its child, whose table of mounts (proc(5)) says so: `ID PARENT DEVICE ROOT POINT ...`. */
async function servesRemoved(files: Files, pid: number): Promise<boolean> {
  try {
    const text = async (path: string) => Buffer.from(await files.read(path)).toString();
    const [child] = (await text(`/proc/${pid}/task/${pid}/children`)).trim().split(" ");
    const rows = (await text(`/proc/${child}/mountinfo`)).split("\n").map((row) => row.split(" "));
    return rows.some(([, , , root, point]) => point === "/" && root?.endsWith("//deleted"));
  } catch {
    // It has ended, or has not begun: others see to that.
    return false;
  }
}

/** The carried one says that it is ready; the system's own words are not known, so it is when it has said anything and lives. */
async function untilReady(clock: Clock, isRunning: () => boolean, output: () => Promise<string>): Promise<void> {
  const endMs = clock.monotonicMs() + readyMs;
  for (;;) {
    const lives = isRunning();
    const said = await output();
    const fault = faultIn(said);
    if (fault) throw fault;
    if (!lives)
      throw new UserError("mount-failed", `the server of the folder ended: ${said.trim().split("\n").at(-1)}`);
    if (/^(?:serve-as: ready|.*Waiting for vhost-user socket connection)/m.test(said)) return;
    if (clock.monotonicMs() > endMs) throw new UserError("mount-failed", "the server of the folder does not get ready");
    await clock.sleep(lookMs);
  }
}

/** Numbers of errno(3). */
const errors = { permission: 1, missing: 2, access: 13, noFolder: 20, tooMany: 28, noCall: 38 } as const;

/** What `serve-as` says when it cannot. */
function faultIn(said: string): UserError | undefined {
  const [, what, text] = /^serve-as: (\S+): (\d+)$/m.exec(said) ?? [];
  const code = Number(text);
  if (what === undefined) return undefined;
  if (what === "source" && (code === errors.missing || code === errors.noFolder))
    return new UserError("mount-source-missing", "the folder is not there any more, or is no folder", {
      hints: [["next", "make the folder again: the mount comes back by itself"]],
    });
  if (what === "source" && code === errors.access)
    return new UserError("mount-source-unreadable", "the folder may not be read by the user who asked for the mount");
  if ((what === "namespace" || what === "maps") && (code === errors.permission || code === errors.tooMany))
    return new UserError(
      "mount-unsupported",
      "this host allows no user namespaces, and a native mount is not safe without",
      {
        hints: [["next", "mount it with --type classic"]],
      },
    );
  if (what === "read-only" && code === errors.noCall)
    return new UserError("mount-unsupported", "a native mount that is read-only needs Linux 5.12 or later", {
      hints: [["next", "mount it with --type classic"]],
    });
  return new UserError("mount-failed", `the server of the folder was refused by the system: ${what}, error ${code}`);
}
