/** What several rules ask first: what the surroundings know, and the refusals that they share. */
import type { HostPort } from "../../model/forward.ts";
import { nameCharactersMax } from "../../model/name.ts";
import { Rejected } from "../decider.ts";
import type { Place, WantedPlace } from "../network/places.ts";
import type { Opening } from "./commands.ts";
import type { InstanceState } from "./state.ts";

/** What the rules may ask about everything else. */
export interface Surroundings {
  /** The number that the next operation gets. */
  readonly nextNumber: number;
  readonly nextOrdinal: number;
  /** The instance that holds a name; deleted ones hold theirs until purged. */
  holderOf(name: string): InstanceState | undefined;
  instanceOf(id: string): InstanceState | undefined;
  holdsMac(mac: string): boolean;
  /** Folders of the host may be mounted. */
  readonly mayMount: boolean;
  /** The instance that has a port of the host, at that address or one that covers it. */
  holderOfPort(port: HostPort): InstanceState | undefined;
  /** An address that no instance holds, in a network. Throws as `placeIn`. */
  place(wanted: WantedPlace): Place;
}

export const intentOf = ({ deadline, undoes, redoes }: Opening, around: Surroundings) => ({
  number: around.nextNumber,
  deadline,
  ...(undoes !== undefined && { undoes }),
  ...(redoes !== undefined && { redoes }),
});

export function refuseBusy(state: InstanceState): void {
  const pending = state.pending;
  if (!pending) return;
  throw new Rejected(
    "operation-pending",
    `"${state.name}" is busy: operation ${pending.number} (${pending.kind}) is under way`,
    {
      hints: [["next", `strata cancel ${pending.number}`]],
    },
  );
}

export function refuseDeleted(state: InstanceState): void {
  if (!state.deleted) return;
  throw new Rejected("instance-deleted", `instance "${state.name}" is deleted`, {
    hints: [
      ["next", `strata recover ${state.name}`],
      ["or", `strata purge ${state.name}`],
    ],
  });
}

export function refuseHeld(name: string, around: Surroundings): void {
  const holder = around.holderOf(name);
  if (!holder) return;
  const next = holder.deleted
    ? ([
        ["next", `strata recover ${name}`],
        ["or", `strata purge ${name}`],
      ] as const)
    : ([["next", `strata info ${name}`]] as const);
  throw new Rejected("instance-exists", `instance "${name}" already exists${holder.deleted ? ", in the trash" : ""}`, {
    hints: [["did you mean", freeName(name, around)], ...next],
  });
}

/** Numbers tried after a name that is taken. */
const namesTriedMax = 1_000;

/** `web-2`, or with the first number that is free. */
export function freeName(name: string, { holderOf }: Surroundings): string {
  for (let number = 2; number < namesTriedMax; number++) {
    const free = `${name.slice(0, nameCharactersMax - "-999".length)}-${number}`;
    if (!holderOf(free)) return free;
  }
  return "NAME";
}

/** Changing it would make its saved memory useless. */
export function refuseSuspended(state: InstanceState): void {
  if (state.power !== "suspended") return;
  throw new Rejected("instance-suspended", `instance "${state.name}" is suspended`, {
    hints: [
      ["next", `strata start ${state.name}`],
      ["or", `strata stop --force ${state.name} (its saved memory is thrown away)`],
    ],
  });
}

export const notRunning = (state: InstanceState) =>
  new Rejected("instance-not-running", `instance "${state.name}" is not running`, {
    hints: [["next", `strata start ${state.name}`]],
  });

/** Nobody gets in by the network. */
export function refuseDetached({ name, detached }: InstanceState): void {
  if (!detached) return;
  throw new Rejected("instance-detached", `instance "${name}" is detached from its network: nothing gets in or out`, {
    hints: [
      ["next", `strata network attach ${name}`],
      ["or", `strata console ${name}`],
    ],
  });
}
