/** What happens to an instance's place in a network. */
import { z } from "zod";
import { Interface, Joined, RefusedAttempt } from "../../model/network.ts";
import { event } from "../decider.ts";
import { intent } from "./event-parts.ts";

/** Destinations that one event names; what goes to more in the same time is counted. */
export const refusedMax = 16;

/** What a new instance may have of networks. Absent: the user-mode network, the whole outside, one card. */
export const networkOfNew = {
  network: Joined.optional(),
  /** In its one form. */
  allowNet: z.string().optional(),
  interfaces: z.array(Interface).optional(),
};

export const networkEvents = [
  /** Nothing goes in or out from now on; what runs inside goes on. */
  event("instance.network-detached", 1, intent),
  event("instance.network-attached", 1, intent),
  /** At most one a minute: what it tried since the last, and was not let do. */
  event(
    "instance.network-refused",
    1,
    z.object({ attempts: z.array(RefusedAttempt).max(refusedMax), others: z.int().optional() }),
  ),
] as const;
