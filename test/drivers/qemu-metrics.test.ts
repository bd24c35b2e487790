/** The contract of what machines use, on a real guest. */
import { describeMetrics } from "./contract-metrics.ts";
import { createQemuBench } from "./qemu-bench.ts";

describeMetrics("qemu", createQemuBench);
