/** Every event there is: the union that parses a record, and an upcaster for each retired version. */
import { z } from "zod";
import { UserError, exitCodes } from "../errors.ts";
import { DaemonEvent } from "./daemon/events.ts";
import { event } from "./decider.ts";
import type { Recorded } from "./envelope.ts";
import { ImageEvent } from "./image/events.ts";
import { InstanceEvent } from "./instance/events.ts";
import { NetworkEvent } from "./network/events.ts";
import { RollbackEvent } from "./rollback/events.ts";
import { SettingsEvent } from "./settings/settings.ts";

/** Written by the store about itself. */
export const LogEvent = z.discriminatedUnion("type", [
  event("log.segment", 1, z.looseObject({})),
  event("log.repaired", 1, z.looseObject({})),
  /** From here on, heads are signed with this key. */
  event("log.keyed", 1, z.object({ key: z.string() })),
  /** The records `from` to `to` were moved to a folder; see store/archive/event.ts. */
  event("log.archived", 1, z.looseObject({ from: z.int(), to: z.int(), place: z.string() })),
]);

export const StrataEvent = z.union([
  InstanceEvent,
  ImageEvent,
  NetworkEvent,
  RollbackEvent,
  SettingsEvent,
  DaemonEvent,
  LogEvent,
]);
export type StrataEvent = z.infer<typeof StrataEvent>;

type Upcaster = (data: Record<string, unknown>) => Record<string, unknown>;

/** From `type@version` to the data of the next version. Pure; old lines are never rewritten. */
export type Upcasters = Readonly<Record<string, Upcaster>>;
const upcasters: Upcasters = {};

const versions = new Map<string, number>();
for (const union of [InstanceEvent, ImageEvent, NetworkEvent, RollbackEvent, SettingsEvent, DaemonEvent, LogEvent]) {
  for (const option of union.options) versions.set(option.shape.type.value, option.shape.version.value);
}

/** Newest version of each event type that this binary knows. */
export const knownVersions: ReadonlyMap<string, number> = versions;

/** The record in the newest version of its type. Throws `log-too-new` for a type or version that only a newer binary knows. */
export function upcast(record: Recorded, known = knownVersions, steps: Upcasters = upcasters): Recorded {
  const newest = known.get(record.type);
  if (newest === undefined || record.version > newest) throw tooNew(record);
  let { version, data } = record;
  for (; version < newest; version += 1) {
    const step = steps[`${record.type}@${version}`];
    if (!step) throw tooNew(record);
    data = step(data);
  }
  return version === record.version ? record : { ...record, version, data };
}

function tooNew(record: Recorded): UserError {
  return new UserError(
    "log-too-new",
    `the log holds ${record.type} version ${record.version} (position ${record.position}), which this strata does not know`,
    {
      exit: exitCodes.log,
      hints: [["next", "use the newer strata that wrote it"]],
    },
  );
}
