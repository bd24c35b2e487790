/** One decision for the whole daemon: a command and the world in, the events of one batch out. Pure and synchronous. */
import type { NewEvent } from "./envelope.ts";
import { type AddImage, decideImage, decideRemoveImage, type RemoveImage } from "./image/image.ts";
import { usersOf } from "./image/users.ts";
import type { InstanceCommand } from "./instance/commands.ts";
import { decideInstance } from "./instance/decide.ts";
import { portHolder } from "./instance/forwards.ts";
import type { InstanceEvent } from "./instance/events.ts";
import type { InstanceState } from "./instance/state.ts";
import type { Surroundings } from "./instance/refusals.ts";
import { decideNetwork, type NetworkCommand } from "./network/network.ts";
import { placeIn } from "./network/places.ts";
import {
  type CancelRollback,
  decideCancelRollback,
  decideEndStep,
  decideRollback,
  type EndStep,
  type RequestRollback,
} from "./rollback/rollback.ts";
import { type ChangeSetting, decideSettings, settingOf } from "./settings/settings.ts";
import type { World } from "./world.ts";

/** The daemon about itself: recorded as it is, nothing to decide. */
export interface Note {
  readonly type: "note";
  readonly event: NewEvent;
}

/** A rollback's next step, recorded in one batch with the events of its command. */
export interface BeginStep {
  readonly type: "begin-step";
  readonly rollback: string;
  readonly index: number;
  readonly command: InstanceCommand | NetworkCommand | ChangeSetting;
}

export type Command =
  | InstanceCommand
  | NetworkCommand
  | AddImage
  | RemoveImage
  | ChangeSetting
  | RequestRollback
  | BeginStep
  | EndStep
  | CancelRollback
  | Note;

/** The events that a command yields, none for a repeat; throws Rejected for what is not allowed. */
export function decide(command: Command, world: World): NewEvent[] {
  switch (command.type) {
    case "note":
      return [command.event];
    case "rollback":
      return decideRollback(command, world.nextNumber);
    case "begin-step":
      return decideBeginStep(command, world);
    case "end-step":
      return decideEndStep(command, world.rollbacks.get(command.rollback));
    case "cancel-rollback":
      return decideCancelRollback(command, world.rollbacks.get(command.rollback));
    case "add-image":
      return decideImage(command, world.images.get(command.sha256)).map((each) => ({
        ...each,
        stream: `image/${command.sha256}`,
      }));
    case "remove-image": {
      const image = world.images.get(command.sha256);
      return decideRemoveImage(image, image ? usersOf(world.instances.values(), image) : []).map((each) => ({
        ...each,
        stream: `image/${command.sha256}`,
      }));
    }
    case "create-network":
    case "delete-network": {
      const { networks, nextNumber, instances } = world;
      return decideNetwork(command, { networks, nextNumber, instances: instances.values() }).map((each) => ({
        ...each,
        stream: `network/${command.name}`,
      }));
    }
    case "change-setting":
      return decideSettings(command, world.settings, world.nextNumber).map((each) => ({
        ...each,
        stream: "settings/daemon",
      }));
    default: {
      const events = decideInstance(command, world.instances.get(command.id), surroundings(world));
      const own = events.map((each) => ({ ...each, stream: `instance/${command.id}` }));
      return events.length === 0
        ? []
        : [...imageFound(command, world), ...own, ...imageFreed(command.id, events, world)];
    }
  }
}

function decideBeginStep({ rollback, index, command }: BeginStep, world: World): NewEvent[] {
  const state = world.rollbacks.get(rollback);
  if (!state || state.ended !== index || state.current !== undefined || state.isCancelled) return [];
  const events = decide(command, world);
  if (events.length === 0) return [];
  const begun = { type: "rollback.step-begun", version: 1, stream: `rollback/${rollback}`, data: { rollback, index } };
  return [begun, ...events];
}

/** A step that brought a new image into the vault records it in the same batch. */
function imageFound(command: InstanceCommand, world: World): NewEvent[] {
  if (command.type !== "step-succeeded") return [];
  if (command.result.step === "disk" && command.result.image)
    return decide({ type: "add-image", ...command.result.image }, world);
  if (command.result.step !== "image") return [];
  const { step: _, checked: _checked, deadline: _deadline, ...image } = command.result;
  return decide({ type: "add-image", ...image }, world);
}

/**
 * An import that has ended needs what was sent for it no more, unless its disk stands on it, and one that is purged takes its image
 * along: nobody else knows it. It goes in the same batch.
 */
function imageFreed(id: string, events: readonly InstanceEvent[], { instances, images }: World): NewEvent[] {
  const before = instances.get(id);
  const image = images.get((before && events.map((event) => letGo(event, before)).find(Boolean)) || "");
  const others = [...instances.values()].filter((each) => each.id !== id);
  // Who had brought the same file before knows it by another name.
  if (!image || image.name !== before?.image.name || usersOf(others, image).length > 0) return [];
  return decideRemoveImage(image, []).map((each) => ({ ...each, stream: `image/${image.sha256}` }));
}

/** The image that an instance needs no more after an event, if it was sent for that instance. */
function letGo(event: InstanceEvent, { from, pending, image }: InstanceState): string | undefined {
  if (event.type === "instance.imported") return event.data.image && pending?.import?.sent;
  if (event.type === "instance.import-failed") return event.data.kept ? undefined : pending?.import?.sent;
  return event.type === "instance.purged" && from ? image.sha256 : undefined;
}

function surroundings(world: World): Surroundings {
  return {
    nextNumber: world.nextNumber,
    nextOrdinal: world.nextOrdinal,
    holderOf: (name) => world.instances.get(world.names.get(name) ?? ""),
    instanceOf: (id) => world.instances.get(id),
    holdsMac: (mac) => world.macs.has(mac),
    mayMount: settingOf(world.settings, "mounts.enabled") === "on",
    holderOfPort: (port) => world.instances.get(portHolder(world.ports, port) ?? ""),
    place: (wanted) =>
      placeIn(world.networks, (address) => world.instances.get(world.addresses.get(address) ?? ""), wanted),
  };
}
