/** What the log is told of a session in a guest: that it began and how it ended, never what went through it. */
import type { InstanceCommand } from "../events/instance/commands.ts";
import type { Actor } from "../events/envelope.ts";
import type { Daemon } from "./handlers/context.ts";
import type { SessionEnd } from "./sessions.ts";

export type SessionBegin = Omit<Extract<InstanceCommand, { type: "session-start" }>, "type"> & {
  /** Of the instance, for a person. */
  readonly name: string;
  readonly by: Actor;
  /** Of the request. */
  readonly command: string;
};

/** Tells how it ended; by whom, when it was not the one who began it. */
export type TellEnd = (result: string, by?: Actor) => Promise<void>;

/** Records a beginning; rejects with why the instance has no sessions now. */
export async function recordSession(
  { dispatcher, log, ids, report }: Pick<Daemon, "dispatcher" | "log" | "ids" | "report">,
  { name, by, command, ...begin }: SessionBegin,
): Promise<TellEnd> {
  const { id, session } = begin;
  const note = async (noted: InstanceCommand, actor: Actor, commandId: string) => {
    // A log that takes no more must not keep anybody out of a guest; the daemon's own log has it then.
    if (log.mode().kind === "read-only") report(`${noted.type} ${session} of ${name} by ${actor.name}, not recorded`);
    else await dispatcher.dispatch(noted, { by: actor, command: commandId });
  };
  await note({ type: "session-start", ...begin }, by, command);
  return async (result, actor = by) => {
    if (dispatcher.world().instances.has(id))
      await note({ type: "session-end", id, session, result }, actor, ids.next());
  };
}

/** How a session ended, in the log's words. */
export function resultOf(end: SessionEnd): string {
  if ("code" in end) return String(end.code);
  if ("signal" in end) return end.signal;
  return "lost" in end ? `lost: ${end.lost}` : "client gone";
}
