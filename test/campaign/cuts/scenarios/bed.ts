/** What a scenario works with: the data directory on the disk that will lose power, the journal outside, and chance by seed. */
import { openLog } from "../../../../src/events/store/log.ts";
import type { EventLog, LogOptions } from "../../../../src/events/store/log.ts";
import { systemFiles } from "../../../../src/sys/files.ts";
import type { Ids } from "../../../../src/sys/ids.ts";
import { batchOf, fixedClock } from "../../../events/store/bed.ts";
import type { Random } from "../../../simulation/random.ts";
import type { Journal } from "../journal.ts";

export interface Bed {
  /** Of the scenario: no two commands on one disk have the same name. */
  readonly name: string;
  /** Where the disk is mounted. */
  readonly disk: string;
  /** The data directory on it. */
  readonly directory: string;
  readonly journal: Journal;
  readonly random: Random;
  readonly clock: ReturnType<typeof fixedClock>;
  readonly ids: Ids;
  /** How many processes had their turn before this one. */
  readonly life: number;
}

export interface Scenario {
  readonly name: string;
  /** What is on the disk before the first write that is logged. */
  prepare?(bed: Bed): Promise<void>;
  /** What power is cut in. */
  run(bed: Bed): Promise<void>;
  /** How many processes do `run`, one after the other; each is killed when it returns. One, unless said. */
  readonly lives?: number;
  /** The log is damaged before, and may be repaired with the copy beside the data directory. */
  readonly isDamaged?: boolean;
  /** The disk before is one that lost power in this scenario. */
  readonly after?: string;
}

/** More than any key or id is long. */
const chosenBytes = 4_096;

export const copyOf = (disk: string): string => `${disk}/copy`;
/** What takes all space, until somebody removes it. */
export const fillOf = (disk: string): string => `${disk}/fill`;
export const dataOf = (disk: string): string => `${disk}/data`;

/** Ids and keys that repeat with the seed; of a long run of bytes only the beginning is by chance. */
export function seededIds(random: Random): Ids {
  const bytes = (length: number) => {
    const chosen = Uint8Array.from({ length: Math.min(length, chosenBytes) }, () => random.below(256));
    return new Uint8Array(Buffer.alloc(length, chosen));
  };
  return { next: () => `id-${Buffer.from(bytes(8)).toString("hex")}`, bytes };
}

/** Opens the log, which must be writable, and tells the world of each seal. */
export async function open(bed: Bed, options: Partial<LogOptions> = {}): Promise<EventLog> {
  const { directory, clock, ids, journal } = bed;
  const { log } = await openLog({ directory, files: systemFiles, clock, ids, isSealed: true, ...options });
  const mode = log.mode();
  if (mode.kind !== "writable") throw mode.error;
  log.onSealed(journal.sealed);
  return log;
}

/** Appends a batch under this name; resolves when it is acknowledged, and that is noted. */
export async function append(bed: Bed, log: EventLog, command: string, stream?: string): Promise<void> {
  const batch = batchOf(command, 1 + bed.random.below(3), stream);
  bed.journal.sent(command, batch.events.length);
  await log.append(batch).durable;
  bed.journal.acknowledged(command);
}

/** From several sides at once, each one batch after the other; now and then the head's timer is due. */
export async function appendFromSides(bed: Bed, log: EventLog, sides: number, batches: number): Promise<void> {
  const side = async (name: number) => {
    for (let count = 0; count < batches; count++) {
      await append(bed, log, `${bed.name}-${bed.life}-${name}-${count}`, `instance/i-${name}`);
      if (bed.random.chance(0.15)) bed.clock.runTimers();
    }
  };
  await Promise.all(Array.from({ length: sides }, (_, name) => side(name)));
}
