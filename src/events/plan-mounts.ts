/** What brings the mounts of an instance back to those of then. Pure. */
import type { Mount } from "../model/mount.ts";
import { bareMounts } from "./instance/evolve-mounts.ts";
import type { InstanceState, WantedMounts } from "./instance/state.ts";
import type { PlannedStep } from "./rollback/events.ts";

interface Planned {
  readonly step: PlannedStep;
  readonly line: string;
}

/** One that was changed is unmounted first. `had`: what the steps before bring. */
export function planMounts({ id, name }: InstanceState, had: WantedMounts = [], wanted: WantedMounts = []): Planned[] {
  const [now, then] = [bareMounts(had) ?? [], bareMounts(wanted) ?? []];
  const isIn = (mounts: readonly Mount[], mount: Mount) => mounts.some((each) => isSame(each, mount));
  const gone = now.filter((mount) => !isIn(then, mount));
  const back = then.filter((mount) => !isIn(now, mount));
  return [
    ...gone.map(({ target }): Planned => ({ step: unmountOf(id, target), line: unmountLine(name, target) })),
    ...back.map((mount): Planned => ({ step: { type: "mount", id, mount }, line: mountLine(name, mount) })),
  ];
}

export const unmountOf = (id: string, target: string) => ({ type: "unmount", id, target, force: false }) as const;
export const unmountLine = (name: string, target: string): string => `${target} of ${name} is unmounted`;
export const mountLine = (name: string, { source, target }: Mount): string =>
  `${source} is mounted at ${target} of ${name} again`;

export const isSame = (one: Mount, other: Mount): boolean => textOf(one) === textOf(other);
const textOf = ({ source, target, type, readOnly, uids, gids, owner }: Mount): string =>
  JSON.stringify([source, target, type, readOnly, uids, gids, owner.uid, owner.gid]);
