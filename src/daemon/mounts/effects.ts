/** The steps that make mounts and take them away. */
import type { Effects } from "../reactor.ts";
import type { Mounts } from "./mounts.ts";

export const createMountEffects = (
  mounts: Pick<Mounts, "make" | "take" | "settle">,
): Pick<Effects, "mount" | "unmount" | "mounts"> => ({
  mount: async (instance, { mount }, signal, progress) => {
    if (!mount) throw new Error("bug: a mount is of something");
    await mounts.make(instance, mount, signal, (text) => progress({ kind: "note", label: "mount", text }));
    return { step: "mount" };
  },
  unmount: async (instance, { mount, force }, signal) => {
    if (!mount) throw new Error("bug: an unmount is of something");
    await mounts.take(instance, mount, { force, signal });
    return { step: "unmount" };
  },
  mounts: async (instance, _operation, signal) => {
    await mounts.settle(instance, signal);
    return { step: "mounts" };
  },
});
