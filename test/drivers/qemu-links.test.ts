/** The contract of links, on a real QEMU that need not boot. */
import { describeLinks } from "./contract-links.ts";
import { createQemuBench } from "./qemu-bench.ts";

describeLinks("qemu", createQemuBench);
