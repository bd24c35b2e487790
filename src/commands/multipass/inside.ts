/** Going into a running instance: which one, started where that is needed, and a session in it with the reference's exit codes. */
import { UserError, exitCodes } from "../../errors.ts";
import type { InstanceView } from "../../model/view.ts";
import type { SessionRequest } from "../context.ts";
import { closedCode, closedExit } from "../guest.ts";
import type { MultipassContext } from "./context.ts";
import { doesNotExist, isDeleted } from "./instances.ts";
import { stateOf } from "./states.ts";
import { Stop, failed, failedForSelection, multipassExit } from "./stop.ts";

/** States in which a guest can be entered. */
const enterable: ReadonlySet<string> = new Set(["Running", "Restarting", "Delayed Shutdown"]);
/** A stop that is nearer than this is not raced with. */
const nearMs = 60_000;

export const isNotRunning = (name: string): string => `instance "${name}" is not running`;

export interface Enterable {
  readonly view: InstanceView;
  readonly isRunning: boolean;
}

/** The instances of these names. Throws for those that are missing (`mayMiss` may), in the trash, unknown, or about to stop. */
export async function findForEntry(
  { api, ageMs }: Pick<MultipassContext, "api" | "ageMs">,
  verb: string,
  names: readonly string[],
  mayMiss?: string,
): Promise<readonly Enterable[]> {
  const known = await api.call("instance.list", {});
  const found = names.map((name) => ({ name, view: known.find((each) => each.name === name) }));
  const faults = found.flatMap(({ name, view }) => {
    if (view === undefined) return name === mayMiss ? [] : [doesNotExist(name)];
    return view.state === "Deleted" ? [isDeleted(name)] : [];
  });
  if (faults.length > 0) throw failedForSelection(verb, faults);
  return found.flatMap(({ view }) => {
    if (!view) return [];
    if (stateOf(view) === "Unknown") throw failed(verb, "Cannot retrieve credentials in unknown state");
    if (view.stopsAt !== undefined && -ageMs(view.stopsAt) <= nearMs) throw failed(verb, aboutToStop(view.name));
    return [{ view, isRunning: enterable.has(stateOf(view)) }];
  });
}

const aboutToStop = (name: string): string =>
  `"${name}" is scheduled to shut down in less than a minute, use 'multipass stop --cancel ${name}' to cancel the shutdown.`;

/** A session joined to this terminal; answers the guest's code. Throws `Stop` with 255 for what is not the guest's. */
export async function enter({ session }: MultipassContext, verb: string, request: SessionRequest): Promise<number> {
  try {
    return await session.open(request);
  } catch (error) {
    if (error instanceof UserError && error.code === closedCode) return closedExit;
    if (!(error instanceof UserError) || error.exit === exitCodes.interrupted) throw error;
    throw new Stop(`${verb} failed: ${error.message}`, multipassExit.session);
  }
}
