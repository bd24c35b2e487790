/** Forwards as events, points and the API carry them. */
import { z } from "zod";
import { isAddress } from "./forward.ts";

export const hostPort = {
  protocol: z.enum(["tcp", "udp"]),
  /** IPv4 address of the host. */
  bind: z.string().refine(isAddress),
  host: z.int().min(1).max(65_535),
};
export const ForwardShape = z.object({ ...hostPort, guest: z.int().min(1).max(65_535) });

/** Why it does not lead anywhere, although its instance runs. */
export const ForwardFailure = z.object({ code: z.string(), reason: z.string() });
export type ForwardFailure = z.infer<typeof ForwardFailure>;

export const ForwardView = ForwardShape.extend({
  failure: ForwardFailure.extend({ at: z.string() }).optional(),
}).meta({ id: "ForwardView" });
export type ForwardView = z.infer<typeof ForwardView>;
