/** The sessions that there are: who has one, what is open in it, how long it has been idle, and its end. Of secrets it has hashes alone. */
import type { Clock } from "../../sys/clock.ts";
import type { KeptSession } from "./kept.ts";
import { type EndReason, keptOf, type Session, sessionOfKept } from "./session.ts";

/** A session ends after so long without use. One that has a connection open is in use. */
export const idleMs = 12 * 3_600_000;
/** Sessions and invitations at once. */
export const sessionsMax = 32;

/** The next daemon learns only this exactly when a session was used, so that one in use is not written anew all the time. */
const keptStepMs = 10 * 60_000;

export interface Held {
  readonly session: Session;
  bearerHash: string;
  resumeHash: string;
  usedMs: number;
  /** Ends what is open in it. */
  readonly open: Set<() => void>;
}

export interface TableOptions {
  readonly clock: Clock;
  ended(session: Session, why: EndReason): void;
  /** What is to be kept is another one now. */
  changed(): void;
}

export function createTable({ clock, ended, changed }: TableOptions) {
  const held = new Map<string, Held>();
  const idleOf = ({ usedMs, open }: Held): number => (open.size > 0 ? 0 : clock.monotonicMs() - usedMs);
  const use = (one: Held): void => {
    one.usedMs = clock.monotonicMs();
    one.session.usedAt = clock.now().toISOString();
  };
  const cut = ({ open }: Held): void => {
    for (const end of open) end();
    open.clear();
  };
  const end = (id: string, why: EndReason): void => {
    const one = held.get(id);
    if (!one) return;
    held.delete(id);
    cut(one);
    ended(one.session, why);
    changed();
  };
  /** Those that live; what has been idle for too long ends when anybody asks. */
  const all = (): Held[] => {
    for (const [id, one] of held) if (idleOf(one) >= idleMs) end(id, "idle");
    return [...held.values()];
  };
  return {
    idleOf,
    use,
    cut,
    end,
    all,
    add(session: Session, bearerHash: string, usedMs: number): Held {
      const one: Held = { session, bearerHash, resumeHash: "", usedMs, open: new Set() };
      held.set(session.id, one);
      return one;
    },
    find: (isMeant: (one: Held) => boolean): Held | undefined => all().find(isMeant),
    /** `close` is called when the session ends first. The answer says that the connection closed by itself. */
    hold({ id }: Session, close: () => void): () => void {
      const one = held.get(id);
      if (!one) {
        close();
        return () => undefined;
      }
      one.open.add(close);
      return () => {
        if (one.open.delete(close)) use(one);
      };
    },
    /** For the next daemon. */
    kept: (): KeptSession[] =>
      [...held.values()].map((one) => {
        const usedMs = Math.floor((clock.now().getTime() - idleOf(one)) / keptStepMs) * keptStepMs;
        return keptOf(one.session, new Date(usedMs).toISOString(), one.bearerHash);
      }),
  };
}

/** Puts back those of the daemon before. */
export function restore(table: ReturnType<typeof createTable>, clock: Clock, kept: readonly KeptSession[]): void {
  for (const each of kept.slice(0, sessionsMax)) {
    const idle = Math.max(0, clock.now().getTime() - Date.parse(each.used));
    table.add(sessionOfKept(each), each.bearer, clock.monotonicMs() - idle);
  }
  table.all();
}
