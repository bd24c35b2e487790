/** What recording adds to an event: its place, its time, who asked, and the hash chain (event log format 1). */

/** A fact before it is recorded. `type` is `noun.fact`; `stream` is `noun/id`. */
export interface NewEvent {
  readonly type: string;
  readonly version: number;
  readonly stream: string;
  readonly data: Record<string, unknown>;
}

/** Who caused an event: a user known to the kernel, or the daemon itself. */
export interface Actor {
  readonly kind: "user" | "daemon";
  /** `unix:1000` for a user, `daemon` for the daemon. */
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly via: string;
  readonly pid?: number;
  readonly login?: number;
  readonly tty?: string;
  readonly program?: string;
  readonly directory?: string;
  readonly client?: string;
  /** Of the window (`via` is `gui`): the id of the session. */
  readonly session?: string;
}

/** What one command writes: all of it or nothing. */
export interface Batch {
  readonly events: readonly NewEvent[];
  /** Client-chosen id (UUIDv7); makes a retry harmless. */
  readonly command: string;
  readonly operation?: string;
  readonly by: Actor;
  readonly reason?: string;
}

/** An event as recorded: one JSON line, in exactly this key order, closed by `previous` and `hash`. */
export interface Recorded extends NewEvent {
  readonly position: number;
  /** ISO 8601 in UTC with milliseconds; never earlier than the record before. */
  readonly time: string;
  readonly revision: number;
  readonly command: string;
  readonly operation?: string;
  /** Present when the command wrote several events: `[index from 1, of]`. */
  readonly batch?: readonly [number, number];
  readonly by: Actor;
  readonly reason?: string;
  /** Highest position known to be on stable storage when this line was built. */
  readonly durable: number;
  readonly previous: string;
  readonly hash: string;
}

/** The daemon as an actor. */
export const daemonActor: Actor = { kind: "daemon", id: "daemon", name: "strata", role: "daemon", via: "internal" };
