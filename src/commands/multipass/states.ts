/** The reference's words for the state of an instance. */
import type { InstanceView } from "../../model/view.ts";

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

export function stateOf({ state }: InstanceView): State {
  if (state === "Stopping") return "Running";
  return state === "Crashed" ? "Stopped" : state;
}
