/** Once per boot of the host: what ran when it went down is started again, as each instance's setting says. */
import { messageOf } from "../errors.ts";
import { daemonActor } from "../events/envelope.ts";
import { owedEnd } from "../events/instance/lifetime.ts";
import type { InstanceState } from "../events/instance/state.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ids } from "../sys/ids.ts";
import type { Dispatcher } from "./dispatch.ts";

/** A host that has just come up is busy, and all of them start at once. */
const startMs = 900_000;

export interface AutostartOptions {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly ids: Ids;
  /** The host's boot that this daemon lives in. */
  readonly boot: string;
  readonly report: (line: string) => void;
}

/** Records the starts that are owed, then that they are: a daemon that dies in between looks again. Nothing is owed in the first boot that the log knows. */
export async function autostart({ dispatcher, clock, ids, boot, report }: AutostartOptions): Promise<void> {
  const { boot: before, instances } = dispatcher.world();
  if (before === boot) return;
  const now = clock.now().toISOString();
  const owed = before === "" ? [] : [...instances.values()].filter((each) => isOwed(each) && !owedEnd(each, now));
  const deadline = new Date(clock.now().getTime() + startMs).toISOString();
  for (const { id, name } of owed) {
    const operation = ids.next();
    await dispatcher
      .dispatch(
        { type: "start", id, operation, deadline },
        { by: daemonActor, command: ids.next(), operation, reason: "the host was started" },
      )
      .catch((error: unknown) => report(`autostart of ${name}: ${messageOf(error)}`));
  }
  const event = { type: "daemon.autostarted", version: 1, stream: "daemon/daemon", data: { boot, count: owed.length } };
  await dispatcher.dispatch({ type: "note", event }, { by: daemonActor, command: ids.next() });
}

function isOwed({ power, stopped, deleted, pending, autostart: setting = "last" }: InstanceState): boolean {
  if (deleted || pending || power === "running" || power === "suspended") return false;
  return setting === "yes" || (setting === "last" && stopped?.cause === "host");
}
