/** The log itself, read from its files without a daemon; loaded when it is asked for. */
import type { Audit } from "../commands/context.ts";
import { UserError, exitCodes, messageOf } from "../errors.ts";

export function auditPort(directory: string): Audit {
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
    async verify() {
      const [{ verifyLog }, { systemFiles: files }] = await Promise.all([
        import("../events/store/audit.ts"),
        import("../sys/files.ts"),
      ]);
      try {
        await requireLog(directory);
        return await verifyLog({ directory, files });
      } catch (error) {
        throw translate(error, directory);
      }
    },
    cat: (after) =>
      guarded(async () => {
        const [{ catLog }, { systemFiles: files }] = await Promise.all([
          import("../events/store/cat.ts"),
          import("../sys/files.ts"),
        ]);
        return catLog({ directory, files, after });
      }),
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

async function requireLog(directory: string): Promise<void> {
  const [{ listSegments }, { systemFiles }] = await Promise.all([
    import("../events/store/segment.ts"),
    import("../sys/files.ts"),
  ]);
  // A head or a checkpoint without segments is a log that somebody took away: verifying says so.
  const traces = await Promise.all(["log/head", "checkpoints"].map((name) => systemFiles.stat(`${directory}/${name}`)));
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
