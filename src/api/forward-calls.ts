/** The calls about ports of the host that lead into instances. Those that there are, `instance.info` and `instance.list` tell. */
import { z } from "zod";
import { ForwardShape, hostPort } from "../model/forward-view.ts";
import { instance } from "./inputs.ts";
import { Accepted, call, changing } from "./shapes.ts";

export const forwardCalls = {
  /**
   * Leads a port of the host into the instance, whenever it runs; `host` 0 is one that is free. Refused when another instance or a
   * process of the host has it (`port-taken`), and when it is for root (`port-privileged`). Answers when it is open, if it runs.
   */
  "forward.add": call(
    z.object({ ...changing, instance, ...ForwardShape.shape, host: z.int().min(0).max(65_535) }),
    Accepted,
  ),
  /** Lets go of it; without `bind`, of the one there is at that port. Refused when there is none, or several (`forward-not-found`, `forward-ambiguous`). */
  "forward.remove": call(z.object({ ...changing, instance, ...hostPort, bind: hostPort.bind.optional() }), Accepted),
} as const;
