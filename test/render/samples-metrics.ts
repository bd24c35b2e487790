/** Instances that use much, little, and what nobody could tell. */
import type { InstanceMetrics } from "../../src/model/metrics.ts";

const limits = { cpus: 2, memoryBytes: 2 ** 30, startedAt: "2026-11-20T11:00:00.000Z" };
const time = "2026-11-20T14:00:00.000Z";

export const used: readonly InstanceMetrics[] = [
  {
    ...limits,
    id: "i-1",
    name: "idle",
    samples: [{ time, cpuSeconds: 5, cpuPercent: 0.4, diskReadRate: 0, diskWriteRate: 0 }],
  },
  {
    ...limits,
    id: "i-2",
    name: "busy",
    samples: [
      {
        time,
        cpuSeconds: 900,
        cpuPercent: 187.5,
        memoryUsedBytes: 700 * 2 ** 20,
        residentBytes: 2 ** 30,
        diskReadBytes: 2 ** 31,
        diskWrittenBytes: 2 ** 20,
        diskReadRate: 5_300_000,
        diskWriteRate: 0,
        netInBytes: 10,
        netOutBytes: 20,
        netInRate: 1_024,
        netOutRate: 3,
      },
    ],
  },
  { ...limits, id: "i-3", name: "silent", samples: [] },
];
