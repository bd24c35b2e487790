/** Moves the oldest events of this machine's log aside, while no daemon runs. */
import { readCursor } from "../daemon/sink/cursor.ts";
import { saveState } from "../daemon/state.ts";
import type { Actor } from "../events/envelope.ts";
import { settingOf } from "../events/settings/settings.ts";
import { archiveLog } from "../events/store/archive/archive.ts";
import type { Choice } from "../events/store/archive/plan.ts";
import type { EventLog } from "../events/store/log.ts";
import type { ArchiveReport } from "../model/audit.ts";
import { systemClock as clock } from "../sys/clock.ts";
import { absolutePath, systemFiles as files } from "../sys/files.ts";
import { systemIds as ids } from "../sys/ids.ts";

export async function archiveHere(
  directory: string,
  by: Actor,
  target: string,
  choice: Choice,
): Promise<ArchiveReport> {
  const prepare = async (log: EventLog) => {
    const { settings } = await saveState({ directory, files, log });
    const to = settingOf(settings, "audit.sink");
    return to === "none" ? {} : { neededAfter: await readCursor({ directory, files, log }, to) };
  };
  return archiveLog({ directory, files, clock, ids, by, target: absolutePath(target), choice, prepare });
}
