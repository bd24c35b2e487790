/** One decision for the whole daemon: a command and the world in, the events of one batch out. Pure and synchronous. */
import { assert } from "../errors.ts";
import type { NewEvent } from "./envelope.ts";
import { type AddImage, decideImage, decideRemoveImage, type RemoveImage } from "./image/image.ts";
import { usersOf } from "./image/users.ts";
import type { InstanceCommand } from "./instance/commands.ts";
import { decideInstance } from "./instance/decide.ts";
import type { InstanceEvent } from "./instance/events.ts";
import type { InstanceState } from "./instance/state.ts";
import type { Surroundings } from "./instance/refusals.ts";
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
  readonly command: InstanceCommand | ChangeSetting;
}

export type Command =
  | InstanceCommand
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
    freeAddress: () => freeAddress(world),
  };
}

/** The lowest address of 10.77.0.0/16 that no instance holds; the network's own ends at .255.252. */
function freeAddress(world: World): string {
  for (let host = 2; host < 65_530; host++) {
    const address = `10.77.${host >> 8}.${host & 255}`;
    if (!world.addresses.has(address)) return address;
  }
  assert(false, "fewer than 65,000 instances");
}
