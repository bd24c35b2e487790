/** The reference's words for the state of an instance. */
import type { InstanceView } from "../../model/view.ts";
import { zoneOf } from "./zones.ts";
import type { UnavailableZones } from "./zones.ts";

export type State =
  | "Running"
  | "Stopped"
  | "Deleted"
  | "Starting"
  | "Restarting"
  | "Delayed Shutdown"
  | "Suspending"
  | "Suspended"
  | "Unavailable"
  | "Unknown";

/** `zones`: without them, every zone is taken to be there. */
export function stateOf(view: InstanceView, zones: UnavailableZones = new Map()): State {
  const { state, stopsAt, health } = view;
  if (state === "Deleted") return state;
  if (zones.has(zoneOf(view))) return "Unavailable";
  if (state === "Stopping") return "Running";
  if (state === "Crashed") return "Stopped";
  if (state !== "Running") return state;
  if (health === "unreachable") return "Unknown";
  return stopsAt === undefined ? state : "Delayed Shutdown";
}

/** Its guest can be asked things. */
export const isRunning = (state: State): boolean => state === "Running" || state === "Delayed Shutdown";
