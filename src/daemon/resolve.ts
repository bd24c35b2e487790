/** From what a person typed to the thing it means, with a suggestion when it means nothing. */
import { UserError, exitCodes, type Hint } from "../errors.ts";
import type { InstanceState } from "../events/instance/state.ts";
import { placesOf } from "../events/store/archive/base.ts";
import type { EventLog } from "../events/store/log.ts";
import type { World } from "../events/world.ts";
import { nearest } from "../model/name.ts";

/** The instance of that name or id; throws `instance-not-found`. */
export function resolveInstance(world: World, nameOrId: string): InstanceState {
  const found = world.instances.get(world.names.get(nameOrId) ?? nameOrId);
  if (found) return found;
  const meant = nearest(nameOrId, world.names.keys());
  const hints: Hint[] = [...(meant ? [["did you mean", meant] satisfies Hint] : []), ["next", "strata list"]];
  throw new UserError("instance-not-found", `instance "${nameOrId}" does not exist`, { hints });
}

/** Id of the operation with that number or id; throws `operation-not-found`. */
export async function resolveOperation(log: EventLog, numberOrId: string): Promise<string> {
  const isNumber = /^\d{1,15}$/.test(numberOrId);
  const query = isNumber ? { operationNumber: Number(numberOrId), limit: 1 } : { operation: numberOrId, limit: 1 };
  for await (const record of log.read(query)) if (record.operation !== undefined) return record.operation;
  const archived = log.archived();
  const older: Hint[] = archived
    ? [["or", `it is archived: the events 1 to ${archived.upTo} are in ${placesOf(archived).join(", ")}`]]
    : [];
  throw new UserError("operation-not-found", `there is no operation ${numberOrId}`, {
    exit: exitCodes.failed,
    hints: [["next", "strata history"], ...older],
  });
}
