/** What the log hears of the window: sessions that open and end, and what was turned away. No secret is ever part of it. */
import { messageOf } from "../../errors.ts";
import { type Actor, daemonActor, type NewEvent } from "../../events/envelope.ts";
import type { Ids } from "../../sys/ids.ts";
import type { Dispatcher } from "../dispatch.ts";
import type { Refusal } from "./checks.ts";
import type { EndReason, Session } from "./session.ts";

/** Refusals recorded per daemon life; further ones are counted, and not written. */
const refusalsRecordedMax = 100;

export interface RecordsOptions {
  readonly dispatcher: Pick<Dispatcher, "dispatch">;
  readonly ids: Ids;
  report(line: string): void;
}

export type Records = ReturnType<typeof createRecords>;

export function createRecords({ dispatcher, ids, report }: RecordsOptions) {
  let refusals = 0;
  let noted: Promise<unknown> = Promise.resolve();
  /** A log that takes no more keeps nobody out, and lets nobody in. */
  const note = (type: string, stream: string, data: NewEvent["data"], by: Actor): void => {
    const event = { type, version: 1, stream, data };
    const done = dispatcher
      .dispatch({ type: "note", event }, { by, command: ids.next() })
      .catch((error: unknown) => report(`${type} is not recorded: ${messageOf(error)}`));
    noted = Promise.all([noted, done]);
  };
  return {
    opened: ({ id, program, caller }: Session) =>
      note("window.opened", `window/${id}`, { session: id, ...(program !== undefined && { program }) }, caller.actor),
    ended: ({ id, caller }: Session, why: Exclude<EndReason, "revoked">) =>
      note("window.ended", `window/${id}`, { session: id, why }, why === "left" ? caller.actor : daemonActor),
    /** `by`: who took it away. */
    revoked: ({ id, caller }: Session, by: Actor) =>
      note("window.revoked", `window/${id}`, { session: id, user: caller.actor.name }, by),
    refused({ why }: Refusal, call: string): void {
      if (refusals++ < refusalsRecordedMax) note("access.refused", "access/daemon", { call, why }, daemonActor);
    },
    /** Resolves when all of the above is durable. */
    settled: (): Promise<unknown> => noted,
    /** In this daemon's life. */
    refusals: () => refusals,
  };
}
