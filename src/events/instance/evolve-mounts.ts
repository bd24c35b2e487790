/** Folds what happens to an instance's mounts. */
import type { Mount } from "../../model/mount.ts";
import type { InstanceFact } from "./evolve.ts";
import type { InstanceState, WantedMounts } from "./state.ts";

type Fact<Type extends InstanceFact["type"]> = Extract<InstanceFact, { type: Type }>;

/** None are no key, as in an instance that never had any. */
export const mountsOf = (mounts: readonly Mount[] | undefined): { mounts?: WantedMounts } =>
  mounts === undefined || mounts.length === 0 ? {} : { mounts };

/** What starts an instance waits for its mounts. */
export const settling = (mounts: readonly Mount[] | undefined): { mounts?: true } =>
  mounts === undefined || mounts.length === 0 ? {} : { mounts: true };

export function withMounts(state: InstanceState, mounts: readonly Mount[] | undefined): InstanceState {
  const { mounts: _, ...rest } = state;
  return { ...rest, ...mountsOf(mounts) };
}

export const mountAdded = (state: InstanceState, { data: { mount } }: Fact<"instance.mount-added">): InstanceState =>
  withMounts(state, [...(state.mounts ?? []), mount]);

export const mountRemoved = (
  state: InstanceState,
  { data: { target } }: Fact<"instance.mount-removed">,
): InstanceState =>
  withMounts(
    state,
    state.mounts?.filter((each) => each.target !== target),
  );

export function mountDegraded(state: InstanceState, { time, data }: Fact<"instance.mount-degraded">): InstanceState {
  const { target, code, reason } = data;
  return changed(state, target, (mount) => ({ ...mount, degraded: { at: time, code, reason } }));
}

export const mountRestored = (
  state: InstanceState,
  { data: { target } }: Fact<"instance.mount-restored">,
): InstanceState => changed(state, target, bareMount);

const changed = (
  state: InstanceState,
  target: string,
  change: (mount: WantedMounts[number]) => WantedMounts[number],
): InstanceState =>
  withMounts(
    state,
    state.mounts?.map((mount) => (mount.target === target ? change(mount) : mount)),
  );

/** As a point keeps them, and a fork gets them: whether they are there is another matter. */
export const bareMounts = (mounts: WantedMounts | undefined): Mount[] | undefined => mounts?.map(bareMount);

export function bareMount(mount: WantedMounts[number]): Mount {
  const { degraded: _, ...bare } = mount;
  return bare;
}
