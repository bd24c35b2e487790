/** The images that the vault holds, by content: a file is there before the event that names it, and gone only after the event that says so. */
import { unreachable } from "../../errors.ts";
import { Rejected } from "../decider.ts";
import type { ImageEvent } from "./events.ts";

export type ImageState = Extract<ImageEvent, { type: "image.added" }>["data"] & {
  readonly addedAt: string;
  /** When an instance was last made from it or purged. */
  readonly usedAt: string;
};

export interface AddImage extends Omit<ImageState, "addedAt" | "usedAt"> {
  readonly type: "add-image";
}

export interface RemoveImage {
  readonly type: "remove-image";
  readonly sha256: string;
}

/** The same content twice is one image. */
export function decideImage(command: AddImage, state: ImageState | undefined): ImageEvent[] {
  if (state) return [];
  const { type: _, source, ...data } = command;
  return [{ type: "image.added", version: 1, data: { ...data, ...(source !== undefined && { source }) } }];
}

/** `users`: the instances whose disks stand on it, also those in the trash. */
export function decideRemoveImage(state: ImageState | undefined, users: readonly string[]): ImageEvent[] {
  if (!state) return [];
  const [first] = users;
  if (first !== undefined) {
    throw new Rejected("image-in-use", `the image "${state.name}" is the base of ${users.join(", ")}`, {
      hints: [["next", `strata delete --purge ${first}`]],
    });
  }
  return [{ type: "image.removed", version: 1, data: { sha256: state.sha256, bytes: state.bytes } }];
}

export function evolveImage(
  state: ImageState | undefined,
  fact: ImageEvent & { time: string },
): ImageState | undefined {
  switch (fact.type) {
    case "image.added":
      return { ...fact.data, addedAt: fact.time, usedAt: state?.usedAt ?? fact.time };
    case "image.removed":
      return undefined;
    default:
      return unreachable(fact);
  }
}
