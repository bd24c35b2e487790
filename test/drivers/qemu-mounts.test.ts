import { describeMounts } from "./contract-mounts.ts";
import { createQemuBench } from "./qemu-bench.ts";

describeMounts("qemu", createQemuBench);
