/** What can have happened to an image in the vault. Its stream is named by its content. */
import { z } from "zod";
import { ImageSourceFacts } from "../../model/offer.ts";
import { event } from "../decider.ts";

export const ImageEvent = z.discriminatedUnion("type", [
  event(
    "image.added",
    1,
    z.object({
      sha256: z.string(),
      name: z.string(),
      title: z.string(),
      bytes: z.int(),
      virtualSize: z.int(),
      format: z.enum(["qcow2", "raw"]),
      /** Where it came from; absent: a file. */
      source: ImageSourceFacts.optional(),
    }),
  ),
  event("image.removed", 1, z.object({ sha256: z.string(), bytes: z.int() })),
]);
export type ImageEvent = z.infer<typeof ImageEvent>;
