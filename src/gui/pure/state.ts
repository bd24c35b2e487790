/** Power and health of an instance as an icon, a word and a tone: never told by colour alone. */
import type { InstanceView } from "../../model/view.ts";

export type Tone = "ok" | "busy" | "warn" | "bad" | "quiet";

export interface Mark {
  readonly icon:
    | "circle-play"
    | "circle-stop"
    | "circle-pause"
    | "loader-circle"
    | "flame"
    | "trash-2"
    | "circle-check"
    | "circle-dashed"
    | "triangle-alert"
    | "unplug";
  readonly word: string;
  readonly tone: Tone;
}

type Seen = Pick<InstanceView, "state" | "health" | "network">;

/** What the hypervisor says, with the operation under way. */
export function powerMark({ state }: Pick<Seen, "state">): Mark {
  switch (state) {
    case "Running":
      return { icon: "circle-play", word: state, tone: "ok" };
    case "Stopped":
      return { icon: "circle-stop", word: state, tone: "quiet" };
    case "Suspended":
      return { icon: "circle-pause", word: state, tone: "quiet" };
    case "Deleted":
      return { icon: "trash-2", word: "In the trash", tone: "quiet" };
    case "Crashed":
      return { icon: "flame", word: state, tone: "bad" };
    case "Starting":
    case "Restarting":
    case "Stopping":
    case "Suspending":
      return { icon: "loader-circle", word: state, tone: "busy" };
  }
}

/** What the guest says; undefined while it is off and says nothing. */
export function healthMark({ health, network }: Pick<Seen, "health" | "network">): Mark | undefined {
  if (network.isDetached) return { icon: "unplug", word: "Detached", tone: "warn" };
  switch (health) {
    case "ready":
      return { icon: "circle-check", word: "Ready", tone: "ok" };
    case "booting":
      return { icon: "circle-dashed", word: "Booting", tone: "busy" };
    case "unreachable":
      return { icon: "triangle-alert", word: "No answer", tone: "warn" };
    case "paused":
      return { icon: "triangle-alert", word: "Paused", tone: "bad" };
    case "none":
      return undefined;
  }
}
