/** Drivers by name, in order of preference; which of them a platform has. */
import { UserError } from "../errors.ts";
import type { Host } from "../sys/host.ts";
import type { Driver } from "./driver.ts";
import { withLimits } from "./limits.ts";
import type { QemuOptions } from "./qemu/context.ts";
import { createQemuDriver } from "./qemu/index.ts";

interface Entry {
  readonly name: string;
  readonly platforms: readonly Host["platform"][];
  create(options: QemuOptions): Driver;
}

const entries: readonly Entry[] = [{ name: "qemu", platforms: ["linux", "darwin"], create: createQemuDriver }];

/** The driver of that name within its limits, or the platform's first choice for `auto`. Throws `driver-unknown`. */
export function createDriver(name: string, options: QemuOptions): Driver {
  const usable = entries.filter(({ platforms }) => platforms.includes(options.host.platform));
  const entry = name === "auto" ? usable[0] : usable.find((candidate) => candidate.name === name);
  if (entry) return withLimits(entry.create(options), options.clock);
  const names = usable.map((candidate) => candidate.name).join(", ") || "none";
  throw new UserError("driver-unknown", `there is no driver "${name}" on ${options.host.platform}`, {
    hints: [["there are", names]],
  });
}
