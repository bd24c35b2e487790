/** What instances use of the host, as numbers over time. */
import { z } from "zod";

const amount = z.number().min(0).optional();

/**
 * One moment of one instance; what nobody could tell is absent. Names with `Bytes` or `Seconds` of what was read, written, received
 * and computed count from the start of its machine, or of its guest; rates are per second, since the sample before.
 */
export const MetricSample = z.object({
  time: z.string(),
  /** Of the machine with its hypervisor. */
  cpuSeconds: amount,
  /** 100: one processor of the host. */
  cpuPercent: amount,
  /** Of the guest: not available for more. */
  memoryUsedBytes: amount,
  /** What the machine has of the host's memory. */
  residentBytes: amount,
  diskReadBytes: amount,
  diskWrittenBytes: amount,
  diskReadRate: amount,
  diskWriteRate: amount,
  /** By the guest's own counters, into it and out of it. */
  netInBytes: amount,
  netOutBytes: amount,
  netInRate: amount,
  netOutRate: amount,
});
export type MetricSample = z.infer<typeof MetricSample>;

/** One instance with its limits, and samples, oldest first. */
export const InstanceMetrics = z.object({
  id: z.string(),
  name: z.string(),
  startedAt: z.string().optional(),
  cpus: z.int(),
  memoryBytes: z.int(),
  samples: z.array(MetricSample),
});
export type InstanceMetrics = z.infer<typeof InstanceMetrics>;
