/** How an instance's mounts look from outside: whether each is there, as far as the record tells. */
import type { MountView } from "../../model/mount.ts";
import type { InstanceState } from "../instance/state.ts";
import { nextStep } from "../instance/steps.ts";

/** Undefined when there are none. */
export function viewMounts(state: InstanceState): MountView[] | undefined {
  const isWaited = isWaitedFor(state);
  return state.mounts?.map((mount) => ({
    ...mount,
    state: isWaited ? "waiting" : mount.degraded ? "degraded" : "active",
  }));
}

/** They are made once the guest answers, as the last step of what starts it. */
function isWaitedFor({ power, reachable, pending, deleted }: InstanceState): boolean {
  const isStarting = pending?.mounts === true && nextStep(pending) !== undefined;
  return power !== "running" || !reachable || isStarting || deleted !== undefined;
}
