/** A plan of a restore, as the daemon answers it. */
import type { MeasuredPlan } from "../../src/model/point-plan.ts";

const gib = 2 ** 30;

export const plan: MeasuredPlan = {
  changes: [
    { key: "cpus", before: "2", after: "4" },
    { key: "mount:/src", before: "/home/anna/src, classic", after: "-" },
  ],
  branch: { name: "branch1", hasMemory: true },
  branchBytes: 120 * 2 ** 20,
  stops: true,
  ending: "goes on",
  lost: ["what left the machine: packets sent, writes to mounts"],
  lastMs: 1_234,
  point: {
    id: "p-1",
    name: "good",
    kind: "snapshot",
    layer: "l-1",
    madeAt: "2026-11-20T11:05:00.000Z",
    operation: 5,
    cause: "snapshot",
    isHeld: false,
    bytes: 40 * 2 ** 20,
    consistency: "memory",
    specs: { cpus: 4, memory: gib, disk: 5 * gib },
  },
};
