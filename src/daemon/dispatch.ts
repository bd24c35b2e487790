/** The one serial decision: decide, append, fold, with no await between; replies wait until what they saw is durable. */
import { UserError, exitCodes } from "../errors.ts";
import { StrataEvent, upcast } from "../events/catalog.ts";
import { type Command, decide } from "../events/decide.ts";
import type { Actor, Recorded } from "../events/envelope.ts";
import type { EventLog } from "../events/store/log.ts";
import {
  commandsRememberedMax,
  commandsRememberedMs,
  evolveWorld,
  type RememberedCommand,
  type World,
} from "../events/world.ts";

/** Who asks, and as which command; the same id twice is the same command. */
export interface Asked {
  readonly by: Actor;
  readonly command: string;
  readonly operation?: string;
  readonly reason?: string;
}

export interface Dispatcher {
  /** The newest fold; what it shows may not be durable yet. */
  world(): World;
  /** Decides and records; resolves with the records once they are durable. A repeat of a command records nothing. */
  dispatch(command: Command, asked: Asked): Promise<readonly Recorded[]>;
  /** What an earlier command with this id did; throws `command-expired` when it is too old to know. */
  remembered(commandId: string): RememberedCommand | undefined;
  /** Computes an answer from the fold, and hands it out once all it saw is durable. */
  read<Answer>(compute: (world: World) => Answer): Promise<Answer>;
}

export interface DispatcherOptions {
  readonly log: EventLog;
  readonly world: World;
  /** Folds the log up to a durable position; asked for when queued records were lost or moved. */
  readonly rebuild: (upTo: number) => Promise<World>;
  readonly nowMs: () => number;
}

export function createDispatcher({ log, world: initial, rebuild, nowMs }: DispatcherOptions): Dispatcher {
  let world = initial;
  let rebuilding: Promise<void> | undefined;
  /** The last try to build the fold again failed. It is not replaced by the one that is wrong: whoever asks begins another try. */
  let isStale = false;

  function beginRebuild(): void {
    const [durable, queued] = [log.durable(), log.queued()];
    isStale = false;
    // A rewind that came meanwhile knows better, and builds on.
    const isLatest = () => rebuilding === latest;
    const latest = rebuild(durable).then(
      (rebuilt) => {
        if (!isLatest()) return;
        for (const record of queued) evolveWorld(rebuilt, upcast(record));
        world = rebuilt;
        rebuilding = undefined;
      },
      (error: unknown) => {
        if (!isLatest()) return;
        rebuilding = undefined;
        isStale = true;
        throw error;
      },
    );
    latest.catch(() => undefined);
    rebuilding = latest;
  }
  log.onRewound(beginRebuild);
  // Asked for again in the very turn in which the fold is used: a rewind may have come since the last await.
  const needsRebuild = (): boolean => rebuilding !== undefined || isStale;
  const nextTry = async (): Promise<void> => {
    if (!rebuilding) beginRebuild();
    await rebuilding;
  };

  /** Decide and evolve: synchronous, so that no other command can come between. */
  function record(command: Command, asked: Asked) {
    const mode = log.mode();
    // Even "that is so already" would be a guess about what cannot be read.
    if (mode.kind === "read-only") throw mode.error;
    const events = decide(command, world);
    if (events.length === 0) return { recorded: [], durable: log.whenDurable(log.position()) };
    for (const event of events) StrataEvent.parse(event);
    const appended = log.append({ events, ...asked });
    for (const each of appended.recorded) evolveWorld(world, each);
    return appended;
  }

  return {
    world: () => world,
    async dispatch(command, asked) {
      while (needsRebuild()) await nextTry();
      const { recorded, durable } = record(command, asked);
      await durable;
      return recorded;
    },
    remembered(commandId) {
      const known = world.commands.get(commandId);
      if (known) return known;
      if (idTimeMs(commandId) >= forgottenBeforeMs(world, nowMs())) return undefined;
      throw new UserError(
        "command-expired",
        `command ${commandId} is older than what is remembered, so it is not known whether it ran`,
        {
          exit: exitCodes.refused,
          hints: [["next", "strata history"]],
        },
      );
    },
    async read(compute) {
      while (needsRebuild()) await nextTry();
      const answer = compute(world);
      await log.whenDurable(log.position());
      return answer;
    },
  };
}

/** Commands made before this may have run and been forgotten: after a day, or when too many came since. */
function forgottenBeforeMs({ commands }: World, nowMs: number): number {
  const dayAgoMs = nowMs - commandsRememberedMs;
  if (commands.size < commandsRememberedMax) return dayAgoMs;
  const [oldest] = commands.values();
  return Math.max(dayAgoMs, Date.parse(oldest?.time ?? ""));
}

/** When a UUIDv7 was made, in milliseconds since the epoch (RFC 9562, section 5.7). */
const idTimeMs = (id: string): number => Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
