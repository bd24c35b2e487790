/** The calls about mounts, and how a launch asks for them. */
import { z } from "zod";
import { IdMap, MountType } from "../model/mount.ts";
import { mapsMax, mountsMax, pathBytesMax } from "../model/mount-words.ts";
import { instance } from "./inputs.ts";
import { Accepted, call, changing } from "./shapes.ts";

const path = z.string().min(1).max(pathBytesMax);
const Maps = z.array(IdMap).max(mapsMax);

/** A folder of the host, absolute, which the daemon does not open: its files are served with the caller's own rights. */
export const AskedMount = z.object({
  source: path,
  /** Relative: in the home of the instance's user. Absent: under the source's own name there. */
  target: path.optional(),
  type: MountType,
  readOnly: z.boolean(),
  /** Ids of the host and of the instance (-1: its user). Absent: the caller is the instance's user. */
  uids: Maps.optional(),
  gids: Maps.optional(),
});
export type AskedMount = z.infer<typeof AskedMount>;

export const launchMounts = z.array(AskedMount).max(mountsMax).optional();

export const mountCalls = {
  /** In a guest that answers it is made first, and refused where that fails; else it is there from the next start on. */
  "instance.mount": call(AskedMount.extend({ ...changing, instance }), Accepted),
  /** `force`: also when something in the guest uses it. */
  "instance.unmount": call(z.object({ ...changing, instance, target: path, force: z.boolean() }), Accepted),
} as const;
