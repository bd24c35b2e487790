/** The device tree fixed at creation: what saved memory will depend on, so each instance keeps the one it was made with. */
import { z } from "zod";
import { UserError } from "../../errors.ts";
import type { Hardware } from "../driver.ts";

export const QemuHardware = z.object({
  driver: z.literal("qemu"),
  architecture: z.enum(["x86_64", "aarch64"]),
  /** Versioned, never an alias such as `q35`. */
  machine: z.string().regex(/^(pc-q35|virt)-\d+\.\d+$/),
  /** Which version of the layout in args.ts the instance has; a new layout gets a new number. */
  layout: z.literal(1),
});
export type QemuHardware = z.infer<typeof QemuHardware>;

/** The recorded hardware as this driver knows it; throws `hardware-unknown` for what another driver or a newer build recorded. */
export function parseHardware(hardware: Hardware): QemuHardware {
  const parsed = QemuHardware.safeParse(hardware);
  if (parsed.success) return parsed.data;
  throw new UserError(
    "hardware-unknown",
    `the instance's hardware (${hardware.driver}, ${hardware.machine}) is not one that this build can make`,
    {
      hints: [["next", "use the version of strata that made it, or a newer one"]],
    },
  );
}

/** The newest versioned machine type in the answer to `-machine help`; undefined when there is none. */
export function newestMachine(help: string, architecture: QemuHardware["architecture"]): string | undefined {
  const family = architecture === "x86_64" ? "pc-q35" : "virt";
  const versions = [...help.matchAll(new RegExp(`^${family}-(\\d+)\\.(\\d+)\\s`, "gm"))].map(
    ([, major, minor]) => [Number(major), Number(minor)] as const,
  );
  const [newest] = versions.sort(([majorA, minorA], [majorB, minorB]) => majorB - majorA || minorB - minorA);
  return newest && `${family}-${newest[0]}.${newest[1]}`;
}
