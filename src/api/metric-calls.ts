/** The calls behind `strata top`, `strata metrics`, and the window's charts. */
import { z } from "zod";
import { InstanceMetrics } from "../model/metrics.ts";
import { instance } from "./inputs.ts";
import { call, stream } from "./shapes.ts";

const instances = z.array(instance).max(1_000).optional();

export const metricCalls = {
  /**
   * What is remembered, of all instances or of these: at most 20,000 samples in all, shared evenly, the newest of each. Samples are 2 s
   * apart while somebody asks, 15 s otherwise; what only the guest knows (memory, network) is asked for while somebody asks.
   */
  "metrics.read": call(
    z.object({ instances, since: z.iso.datetime({ precision: 3 }).optional() }),
    z.object({ instances: z.array(InstanceMetrics) }),
  ),
  /** At once and then every 2 s: those that run, or of these those that run, each with its newest sample if there is one. Nothing comes while none runs. */
  "metrics.follow": stream(
    z.object({ instances }),
    z.object({ time: z.string(), instances: z.array(InstanceMetrics) }),
  ),
  /** All that is counted, in Prometheus's text format 0.0.4. */
  "metrics.text": call(z.object({}), z.object({ text: z.string() })),
} as const;
