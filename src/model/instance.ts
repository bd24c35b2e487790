/** The instance: what it is made of, and the two facts of its state (power and health). */
import { z } from "zod";

export const Specs = z.object({
  cpus: z.int().min(1).max(255),
  /** Bytes. */
  memory: z.int().positive(),
  /** Bytes. */
  disk: z.int().positive(),
});
export type Specs = z.infer<typeof Specs>;

export const memoryMin = 128 * 2 ** 20;
export const diskMin = 512 * 2 ** 20;
/** What a qcow2 layer with our cluster size can hold, with room to spare. */
export const diskMax = 16 * 2 ** 40;
export const defaultSpecs: Specs = { cpus: 1, memory: 2 ** 30, disk: 5 * 2 ** 30 };

/** What the hypervisor says. */
export const Power = z.enum(["off", "starting", "running", "stopping", "suspended", "crashed"]);
export type Power = z.infer<typeof Power>;

/** What the guest says. `ready`: it answers over SSH; `unreachable`: it runs and does not answer. */
export const Health = z.enum(["none", "booting", "ready", "unreachable", "paused"]);
export type Health = z.infer<typeof Health>;

/** Whether an instance starts with the host. `last`: if it ran when the host went down. */
export const Autostart = z.enum(["yes", "no", "last"]);
export type Autostart = z.infer<typeof Autostart>;

/** Why an instance is off. */
export const StopCause = z.enum(["user", "guest", "crash", "panic", "host", "lost"]);
export type StopCause = z.infer<typeof StopCause>;

/** Which image an instance was made from. */
export const ImageRef = z.object({
  /** What the user asked for: `tiny`, or the name of a file. */
  name: z.string(),
  title: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type ImageRef = z.infer<typeof ImageRef>;
