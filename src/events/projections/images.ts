/** Images that are kept, as they are shown. */
import type { ImageView } from "../../model/view.ts";
import type { ImageState } from "../image/image.ts";
import { usersOf } from "../image/users.ts";
import type { World } from "../world.ts";

/** All of them, with who stands on each. */
export const viewImages = (world: World): ImageView[] =>
  [...world.images.values()].map((image) => viewImage(world, image));

export function viewImage(world: World, image: ImageState): ImageView {
  const { sha256, name, title, bytes, virtualSize, format, addedAt, usedAt, source } = image;
  const instances = usersOf(world.instances.values(), image);
  return {
    sha256,
    name,
    title,
    bytes,
    virtualSize,
    format,
    addedAt,
    usedAt,
    instances,
    ...(source !== undefined && { source }),
  };
}
