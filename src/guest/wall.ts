/** Tells whoever is logged in to a guest that it will be stopped, on their terminals. Best effort: a guest without `wall` has nobody to tell. */
import { quoteWord } from "./command-line.ts";
import type { OpenScript } from "./chores.ts";
import { runToEnd } from "./run.ts";

export interface Announcement {
  /** Name of the instance. */
  readonly name: string;
  /** When it is stopped, milliseconds since the epoch; absent: not any more. */
  readonly stopsAtMs?: number;
}

/** `$at` is the time as the guest's own clock shows it. */
function textOf({ name, stopsAtMs }: Announcement): string {
  return stopsAtMs === undefined
    ? `printf '%s\n' ${quoteWord(`The stop of this machine is called off: ${name} runs on.`)}`
    : `at=$(date -d @${Math.round(stopsAtMs / 1000)} +%H:%M 2>/dev/null)
printf '%s\n' "This machine is going down for poweroff at $at. "${quoteWord(`On its host, 'strata stop --cancel ${name}' calls that off.`)}`;
}

/** As root where that needs no password, so that terminals that take no messages hear it too. Rejects as opening a session does. */
export async function announce(open: OpenScript, announcement: Announcement, signal: AbortSignal): Promise<void> {
  const script = `command -v wall >/dev/null || exit 0
sudo -n true 2>/dev/null && as="sudo -n"
{ ${textOf(announcement)}
} | $as wall 2>/dev/null || :`;
  await runToEnd(await open(script, signal), signal);
}
