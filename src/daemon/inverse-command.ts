/** A planned step as a command: with the ids and times that a plan has not. */
import type { InstanceCommand } from "../events/instance/commands.ts";
import type { ChangeSetting } from "../events/settings/settings.ts";
import type { NetworkCommand } from "../events/network/network.ts";
import type { PlannedStep } from "../events/rollback/events.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ids } from "../sys/ids.ts";
import { branchMs, trashMs } from "./periods.ts";

/** As long as the longest of them, a restore, may take. */
const stepMs = 900_000;

/** The branch that keeps the present of a restore, until `expires`. */
export const branchOf = (ids: Ids, expires: string) => ({
  id: ids.next(),
  next: ids.next(),
  memory: ids.next(),
  expires,
});

export function commandOf(
  { clock, ids }: { readonly clock: Pick<Clock, "now">; readonly ids: Ids },
  step: PlannedStep,
  operation: string,
): InstanceCommand | NetworkCommand | ChangeSetting {
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms).toISOString();
  const opens = { operation, deadline: inMs(stepMs) };
  switch (step.type) {
    case "change-setting":
      return step;
    case "delete":
      return { type: "delete", id: step.id, expires: inMs(trashMs), ...opens };
    case "recover":
      return { type: "recover", id: step.id, ...opens };
    case "restore": {
      return { ...step, next: ids.next(), fresh: false, keep: branchOf(ids, inMs(branchMs)), ...opens };
    }
    case "hold":
    case "release":
      return { type: step.type, id: step.id, point: step.point, ...opens };
    default:
      return { ...step, ...opens };
  }
}
