/** What can have happened to an instance that another manager kept before. */
import { z } from "zod";
import { ImportSource, PlannedPoint, TakenLayer } from "../../model/import.ts";
import { Specs } from "../../model/instance.ts";
import { event } from "../decider.ts";
import { Hardware, intent, StoredImage, Why } from "./event-parts.ts";
import { networkOfNew } from "./network-events.ts";

export const importEvents = [
  /** A new instance, off, with the disk and the snapshots that another manager kept in one image. */
  event(
    "instance.import-requested",
    1,
    intent.extend({
      name: z.string(),
      ordinal: z.int(),
      /** The disk as it was sent. */
      image: StoredImage,
      specs: Specs,
      mac: z.string(),
      address: z.string(),
      layer: z.string(),
      user: z.string(),
      network: networkOfNew.network,
      from: ImportSource,
      /** Parents first. */
      points: z.array(PlannedPoint),
      /** What the disk holds now, below its top; absent without points: then the image holds that. */
      now: z.object({ layer: z.string(), parent: z.string().optional() }).optional(),
      /** It was deleted there: it goes to the trash, until then. */
      expires: z.string().optional(),
    }),
  ),
  event(
    "instance.imported",
    1,
    z.object({
      layer: z.string(),
      parent: z.string().optional(),
      hardware: Hardware,
      hostKey: z.string(),
      /** The image below all, where that is not the one that was sent. */
      image: StoredImage.optional(),
      layers: z.array(TakenLayer),
    }),
  ),
  event("instance.import-failed", 1, Why.extend({ kept: z.boolean() })),
  event("instance.fork-failed", 1, Why.extend({ kept: z.boolean() })),
] as const;
