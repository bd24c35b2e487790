/** The log itself, read from its files without a daemon; loaded when it is asked for. */
import type { Audit } from "../commands/context.ts";
import { UserError, exitCodes, messageOf } from "../errors.ts";
import type { Actor } from "../events/envelope.ts";
import { parseSeal, type Seal } from "../model/seal.ts";

/** Of a data directory; `user` is named as the one who repaired. What concerns the daemon that is asked is not in it. */
export function auditPort(
  directory: string,
  user?: { readonly uid: number; readonly name: string },
): Omit<Audit, "forget"> {
  async function told<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      await requireLog(directory);
      return await work();
    } catch (error) {
      throw translate(error, directory);
    }
  }
  /** Everything that reads goes through here, so that trouble with the files is told as such. */
  async function* guarded<Item>(read: () => Promise<AsyncIterable<Item>>): AsyncGenerator<Item> {
    try {
      await requireLog(directory);
      yield* await read();
    } catch (error) {
      throw translate(error, directory);
    }
  }
  return {
    async verify({ seal, archive, isHereOnly = false }) {
      const [{ verifyLog }, { archivePlaces }, { absolutePath, systemFiles: files }] = await Promise.all([
        import("../events/store/audit.ts"),
        import("../events/store/archive/segments.ts"),
        import("../sys/files.ts"),
      ]);
      const kept = seal === undefined ? undefined : await readKept(seal);
      const named = archive === undefined ? [] : [absolutePath(archive)];
      for (const folder of named) if ((await files.stat(folder))?.kind !== "directory") throw noArchive(folder);
      return told(async () => {
        const archives = isHereOnly ? [] : [...named, ...(await archivePlaces(files, directory))];
        return verifyLog({ directory, files, archives, ...(kept && { kept }) });
      });
    },
    async archived() {
      const [{ archivedBefore, readBase }, { listSegments }, { systemFiles: files }] = await Promise.all([
        import("../events/store/archive/base.ts"),
        import("../events/store/segment.ts"),
        import("../sys/files.ts"),
      ]);
      const [oldest] = await listSegments(files, directory);
      return archivedBefore(await readBase(files, directory), oldest?.first ?? 1);
    },
    async archive(target, choice) {
      const { archiveHere } = await import("./archive.ts");
      return told(() => archiveHere(directory, actorOf(user), target, choice));
    },
    async prove(position) {
      const [{ proveRecord }, { systemFiles: files }] = await Promise.all([
        import("../events/store/seals/prove.ts"),
        import("../sys/files.ts"),
      ]);
      return told(() => proveRecord({ directory, files }, position));
    },
    async exportBundle(target) {
      const [{ exportBundle }, { absolutePath, systemFiles: files }] = await Promise.all([
        import("../events/store/seals/export.ts"),
        import("../sys/files.ts"),
      ]);
      const path = absolutePath(target);
      return told(async () => ({ ...(await exportBundle({ directory, files, target: path })), path }));
    },
    cat: (from) =>
      guarded(async () => {
        const [{ catLog }, { systemFiles: files }] = await Promise.all([
          import("../events/store/cat.ts"),
          import("../sys/files.ts"),
        ]);
        return catLog({ directory, files, ...from });
      }),
    async repair(from, isWanted) {
      const [{ repairFrom }, { absolutePath, systemFiles: files }, { systemClock: clock }, { systemIds: ids }] =
        await Promise.all([
          import("../events/store/repair/from-copy.ts"),
          import("../sys/files.ts"),
          import("../sys/clock.ts"),
          import("../sys/ids.ts"),
        ]);
      const by = actorOf(user);
      try {
        await requireLog(directory);
        return await repairFrom({ directory, files, clock, ids, from: absolutePath(from), by, isWanted });
      } catch (error) {
        throw translate(error, directory);
      }
    },
    tail: (lines, signal) =>
      guarded(async () => {
        const [{ tailLog }, { systemFiles: files }, { systemClock: clock }] = await Promise.all([
          import("../events/store/cat.ts"),
          import("../sys/files.ts"),
          import("../sys/clock.ts"),
        ]);
        return tailLog({ directory, files, clock, lines, follow: signal !== undefined, ...(signal && { signal }) });
      }),
  };
}

/** Who acts on the files themselves. */
function actorOf(user?: { readonly uid: number; readonly name: string }): Actor {
  const { uid, name } = user ?? { uid: -1, name: "unknown" };
  return { kind: "user", id: `unix:${uid}`, name, role: "admin", via: "files" };
}

const noArchive = (folder: string) =>
  new UserError("archive-not-found", `there is no folder ${folder}`, {
    exit: exitCodes.usage,
    hints: [["form", "the folder that strata audit archive moved events to"]],
  });

/** The seal in a file. Throws `seal-invalid`. */
async function readKept(path: string): Promise<Seal> {
  const { absolutePath, systemFiles } = await import("../sys/files.ts");
  const invalid = (why: string, cause?: unknown) =>
    new UserError("seal-invalid", `${path} is no seal: ${why}`, {
      exit: exitCodes.usage,
      cause,
      hints: [["form", "the five lines that strata audit seal prints"]],
    });
  const bytes = await systemFiles.read(absolutePath(path)).catch((error: unknown) => {
    throw invalid(messageOf(error), error);
  });
  const seal = parseSeal(`${new TextDecoder().decode(bytes).trimEnd()}\n`);
  if (seal === undefined) throw invalid("it is not in the form of a signed note");
  return seal;
}

async function requireLog(directory: string): Promise<void> {
  const [{ listSegments }, { systemFiles }] = await Promise.all([
    import("../events/store/segment.ts"),
    import("../sys/files.ts"),
  ]);
  // A head or a checkpoint without segments is a log that somebody took away: verifying says so.
  const traces = await Promise.all(
    ["log/head", "log/seals", "checkpoints"].map((name) => systemFiles.stat(`${directory}/${name}`)),
  );
  if (traces.some(Boolean) || (await listSegments(systemFiles, directory)).length > 0) return;
  throw new UserError("log-not-found", `there is no event log in ${directory}`, {
    hints: [["why", "no daemon has run with this data directory; STRATA_HOME names another"]],
  });
}

function translate(error: unknown, directory: string): unknown {
  if (error instanceof UserError || !(error instanceof Error) || !("code" in error)) return error;
  const exit = error.code === "EACCES" || error.code === "EPERM" ? exitCodes.refused : exitCodes.log;
  return new UserError("log-unreadable", `the event log in ${directory} cannot be read: ${messageOf(error)}`, {
    exit,
    cause: error,
  });
}
