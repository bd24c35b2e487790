/** The images that the vault holds, by content: a file is there before the event that names it. */
import { unreachable } from "../../errors.ts";
import type { ImageEvent } from "./events.ts";

export type ImageState = Extract<ImageEvent, { type: "image.added" }>["data"] & { readonly addedAt: string };

export interface AddImage extends Omit<ImageState, "addedAt"> {
  readonly type: "add-image";
}

/** The same content twice is one image. */
export function decideImage(command: AddImage, state: ImageState | undefined): ImageEvent[] {
  if (state) return [];
  const { type: _, ...data } = command;
  return [{ type: "image.added", version: 1, data }];
}

export function evolveImage(
  _state: ImageState | undefined,
  fact: ImageEvent & { time: string },
): ImageState | undefined {
  switch (fact.type) {
    case "image.added":
      return { ...fact.data, addedAt: fact.time };
    case "image.removed":
      return undefined;
    default:
      return unreachable(fact);
  }
}
