/** The rules for imports: a new instance with what another manager kept, or nothing of it. */
import type { InstanceCommand, StepResult } from "./commands.ts";
import type { InstanceEvent } from "./events.ts";
import { networkOfNew } from "./networks.ts";
import { intentOf, refuseHeld, type Surroundings } from "./refusals.ts";
import type { InstanceState, PendingOperation } from "./state.ts";

type Import = Extract<InstanceCommand, { type: "import" }>;
type Disk = Extract<StepResult, { step: "disk" }>;

export function decideImport(command: Import, state: InstanceState | undefined, around: Surroundings): InstanceEvent[] {
  if (state) return [];
  const { name, image, specs, layer, user, from, points, now, expires, joins } = command;
  refuseHeld(name, around);
  const mac = around.holdsMac(command.mac) ? command.spareMac : command.mac;
  const data = {
    ...intentOf(command, around),
    name,
    ordinal: around.nextOrdinal,
    image,
    specs,
    mac,
    ...networkOfNew(joins, mac, around),
    layer,
    user,
    from,
    points: [...points],
    ...(now && { now }),
    ...(expires !== undefined && { expires }),
  };
  return [{ type: "instance.import-requested", version: 1, data }];
}

/** All of it in one batch: the disk, its points, and the trash for what was deleted there. */
export function importedAs(
  { layer, parent, hardware, hostKey, image, layers = [] }: Disk,
  { expires }: PendingOperation,
): InstanceEvent[] {
  const data = {
    layer,
    ...(parent !== undefined && { parent }),
    hardware,
    hostKey,
    ...(image && { image: { name: image.name, title: image.title, sha256: image.sha256 } }),
    layers: [...layers],
  };
  return [
    { type: "instance.imported", version: 1, data },
    ...(expires === undefined ? [] : [{ type: "instance.deleted" as const, version: 1 as const, data: { expires } }]),
  ];
}
