/** Folders of the host in fake machines: a list of what is plugged in. */
import { UserError } from "../errors.ts";
import { known } from "./fake-snapshots.ts";
import type { Meet } from "./fake-snapshots.ts";
import type { FakeMachine, FakeWorld } from "./fake-world.ts";
import type { MountSupport } from "./mounts.ts";

/** As many ports as QEMU's machines have besides the card's. */
const placesMax = 7;

export function createFakeMounts(world: FakeWorld, meet: Meet): MountSupport {
  const running = (id: string) => {
    const machine = known(world, id);
    if (machine.power === "running") return machine;
    throw new UserError("machine-not-running", "the machine does not run");
  };
  const plugged = (id: string) => {
    const machine = world.machines.get(id);
    return machine?.power === "running" ? (machine.plugged ?? []) : [];
  };
  return {
    notes: (id) => `/fake/${id}`,
    server: (signal) => meet("plug", signal, () => ({ kind: "carried", words: ["fake-server"], env: {} })),
    door: (id, tag, signal) =>
      meet("plug", signal, () => {
        running(id);
        return { socket: `/fake/${id}/${tag}`, uid: 0 };
      }),
    attach: (id, tag, signal) =>
      meet("plug", signal, () => {
        const machine = running(id);
        if (plugged(id).includes(tag)) return;
        if (plugged(id).length === placesMax)
          throw new UserError("mount-unsupported", "the machine has no free place for one more folder");
        machine.plugged = [...plugged(id), tag].sort();
      }),
    detach: (id, tag, signal) =>
      meet("plug", signal, () => {
        const machine = world.machines.get(id);
        if (machine) machine.plugged = plugged(id).filter((each) => each !== tag);
      }),
    attached: (id, signal) => meet("plug", signal, () => plugged(id)),
  };
}

/** What another process serves cannot be saved. */
export function checkUnplugged({ plugged = [] }: FakeMachine): void {
  if (plugged.length > 0) throw new UserError("memory-not-moved", "a folder of the host is plugged in");
}
