/** Instances that another manager kept: where one came from, and the snapshots that came along. */
import { z } from "zod";
import { Specs } from "./instance.ts";
import { commentMax, pointNameMax } from "./point-word.ts";

const nameMax = 255;
/** Who logs in: a name that is nothing else to a shell or to YAML. */
export const loginName = /^[a-z_][a-z0-9_-]{0,31}$/;

/** By what it was known where it comes from: the same one is not taken over twice. */
export const ImportSource = z.object({
  manager: z.string().max(nameMax),
  name: z.string().max(nameMax),
  mac: z.string().max(nameMax),
  /** What it was made from, by the other's own id. */
  image: z.string().max(nameMax).optional(),
});
export type ImportSource = z.infer<typeof ImportSource>;

/** So many snapshots inside one image are read. */
export const importedPointsMax = 64;

/** A snapshot inside its disk's image, `tag` there; `parent`: the name of one that stands before it in a list of them. */
export const ImportedSnapshot = z.object({
  tag: z.string().regex(/^@s\d{1,4}$/),
  name: z.string().max(pointNameMax),
  comment: z.string().max(commentMax).optional(),
  /** ISO 8601 in UTC. */
  madeAt: z.iso.datetime(),
  parent: z.string().max(pointNameMax).optional(),
  specs: Specs,
});
export type ImportedSnapshot = z.infer<typeof ImportedSnapshot>;

/** A snapshot as it becomes a point, on a layer of its own. */
export const PlannedPoint = z.object({
  id: z.string(),
  name: z.string(),
  tag: z.string(),
  layer: z.string(),
  /** The layer of the point that it stands on; absent: the image below all. */
  parent: z.string().optional(),
  comment: z.string().optional(),
  madeAt: z.string(),
  specs: Specs,
});
export type PlannedPoint = z.infer<typeof PlannedPoint>;

/** A layer that was made of an image's content. */
export const TakenLayer = z.object({ layer: z.string(), parent: z.string().optional(), bytes: z.int() });
export type TakenLayer = z.infer<typeof TakenLayer>;
