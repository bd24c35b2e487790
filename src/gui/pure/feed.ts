/**
 * What the feed of events means to the page: not what became of anything (the daemon is asked that), but which answers of before
 * do not count any more. So the page keeps no second copy of the daemon's rules.
 */
import type { EventView } from "../../model/view.ts";

/** Answers that are out of date. */
export interface Stale {
  /** Ids of instances. */
  readonly instances: ReadonlySet<string>;
  /** Instances have come or gone. */
  readonly list: boolean;
  readonly operations: boolean;
  readonly images: boolean;
  readonly networks: boolean;
  readonly settings: boolean;
  readonly points: boolean;
}

export interface FeedState {
  /** Of the newest event that was heard. */
  readonly position: number;
  readonly stale: Stale;
}

export const fresh: Stale = {
  instances: new Set(),
  list: false,
  operations: false,
  images: false,
  networks: false,
  settings: false,
  points: false,
};

const comesOrGoes =
  /^instance\.(?:launch-requested|fork-requested|import-requested|purged|launch-failed|fork-failed|renamed)$/;
const ofPoints = /^instance\.(?:point-|rewound|restored|forked|imported|snapshot-failed)/;

/** The state after one more event. A position that was heard already changes nothing. */
export function heard(state: FeedState, event: EventView): FeedState {
  if (event.position <= state.position) return state;
  const [noun, id = ""] = event.stream.split("/", 2);
  const { stale } = state;
  const isInstance = noun === "instance";
  return {
    position: event.position,
    stale: {
      instances: isInstance ? new Set([...stale.instances, id]) : stale.instances,
      list: stale.list || comesOrGoes.test(event.type),
      operations: stale.operations || event["operation"] !== undefined || event.type === "settings.changed",
      images:
        stale.images || noun === "image" || event.type === "instance.image-ready" || event.type === "instance.purged",
      networks: stale.networks || noun === "network" || comesOrGoes.test(event.type),
      settings: stale.settings || noun === "settings" || event.type === "instance.configured",
      points: stale.points || ofPoints.test(event.type),
    },
  };
}

/** After everything that was out of date has been asked anew. */
export const refreshed = (state: FeedState): FeedState => ({ ...state, stale: fresh });
