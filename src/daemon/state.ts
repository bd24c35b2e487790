/** Loads the live state: newest valid checkpoint plus the tail of the log; and saves checkpoints as the log grows. */
import { upcast } from "../events/catalog.ts";
import { loadCheckpoint, saveCheckpoint } from "../events/store/checkpoint.ts";
import type { EventLog } from "../events/store/log.ts";
import { isFinding } from "../events/store/verdict.ts";
import { emptyWorld, evolveWorld, freezeWorld, thawWorld, type World, worldVersion } from "../events/world.ts";
import type { Files } from "../sys/files.ts";

/** Events between two checkpoints: so many are folded at most at a start, which takes some 20 ms. */
const checkpointEveryEvents = 10_000;

const versions = { world: worldVersion };

export interface StateOptions {
  readonly directory: string;
  readonly files: Files;
  readonly log: EventLog;
}

/**
 * The fold of everything durable, or up to a durable position. A log that holds what this binary does not know becomes read-only.
 * Throws `log-unreadable` when the disk does not let it be read: a part of it, or nothing, must not look like all there is.
 */
export function loadWorld(options: StateOptions, upTo = options.log.durable()): Promise<World> {
  return fold(options, Number.MAX_SAFE_INTEGER, upTo);
}

/** The fold up to a position of the past, from a checkpoint before it or from the beginning. Ends earlier where the log cannot be read. */
export const loadWorldOf = (options: StateOptions, position: number): Promise<World> =>
  fold(options, position, position);

/** Where the log has rotted, a checkpoint may know more than what can be read up to `upTo`. */
async function fold({ directory, files, log }: StateOptions, checkpointUpTo: number, upTo: number): Promise<World> {
  const checkpoint = await loadCheckpoint({ directory, files, log }, versions, checkpointUpTo);
  const world = checkpoint ? thawWorld(checkpoint.state) : emptyWorld();
  if (checkpoint?.finding) log.makeReadOnly(checkpoint.finding);
  try {
    for await (const records of log.readGroups({ after: world.position, upTo }))
      for (const record of records) evolveWorld(world, upcast(record));
  } catch (error) {
    // What is known so far is still answered; nothing is added to a log that is damaged or that this binary does not understand.
    if (!isFinding(error)) throw error;
    log.makeReadOnly(error);
  }
  return world;
}

/** Saves a checkpoint of the newest durable position, and gives its state. The log's error when it cannot be folded to its end. */
export async function saveState({ directory, files, log }: StateOptions): Promise<World> {
  const world = await loadWorld({ directory, files, log });
  const mode = log.mode();
  if (mode.kind === "read-only") throw mode.error;
  await saveCheckpoint({ directory, files, log }, { position: world.position, versions, state: freezeWorld(world) });
  return world;
}

/** Saves a checkpoint each time enough has happened since the last. `save` does it now. */
export function keepCheckpoints(
  { directory, files, log }: StateOptions,
  world: () => World,
  report: (line: string) => void,
): { save(): Promise<void> } {
  let saved = world().position;
  let saving: Promise<void> = Promise.resolve();

  async function save(): Promise<void> {
    const now = world();
    if (now.position === saved || log.durable() < now.position) return;
    const { position } = now;
    const state = freezeWorld(now);
    await saveCheckpoint({ directory, files, log }, { position, versions, state });
    saved = position;
  }

  const enqueue = () => {
    saving = saving.then(save).catch((error: unknown) => report(`checkpoint: ${String(error)}`));
    return saving;
  };
  log.subscribe((records) => {
    const newest = records.at(-1)?.position ?? 0;
    if (newest - saved >= checkpointEveryEvents) void enqueue();
  });
  return { save: enqueue };
}
