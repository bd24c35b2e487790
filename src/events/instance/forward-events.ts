/** What can have happened to the ports of the host that lead into an instance. */
import { z } from "zod";
import { ForwardFailure, ForwardShape, hostPort } from "../../model/forward-view.ts";
import { event } from "../decider.ts";
import { intent } from "./event-parts.ts";

export const forwardEvents = [
  event("instance.forward-added", 1, intent.extend(ForwardShape.shape)),
  event("instance.forward-removed", 1, intent.extend(ForwardShape.shape)),
  /** It leads nowhere, although the instance runs: somebody else has the port. Told when it begins, and when the reason is another. */
  event("instance.forward-failed", 1, ForwardFailure.extend(hostPort)),
  event("instance.forward-restored", 1, z.object(hostPort)),
] as const;
