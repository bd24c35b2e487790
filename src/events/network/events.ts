/** What happens to networks: made and gone. The stream of one is `network/NAME`. */
import { z } from "zod";
import { NetworkKind } from "../../model/network.ts";
import { event, undoMarks } from "../decider.ts";

const described = z.object({
  number: z.int(),
  ...undoMarks,
  name: z.string(),
  kind: NetworkKind,
  /** CIDR. Of `default`: that of its bridge, chosen once. */
  subnet: z.string(),
});

export const NetworkEvent = z.discriminatedUnion("type", [
  event("network.created", 1, described),
  event("network.deleted", 1, described),
]);
export type NetworkEvent = z.infer<typeof NetworkEvent>;
