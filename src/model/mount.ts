/** Mounts: a folder of the host in an instance, as the log keeps it and as it is shown. */
import { z } from "zod";
import { defaultId, idMax, mountTypes } from "./mount-words.ts";

export const MountType = z.enum(mountTypes);
export type MountType = z.infer<typeof MountType>;

/** An id of the host, and what the guest sees instead; -1: its login user. */
export const IdMap = z.tuple([z.int().min(0).max(idMax), z.int().min(defaultId).max(idMax)]);
export type IdMap = z.infer<typeof IdMap>;

export const Mount = z.object({
  /** Absolute, on the host. */
  source: z.string(),
  /** Absolute, in the guest. */
  target: z.string(),
  type: MountType,
  readOnly: z.boolean(),
  uids: z.array(IdMap),
  gids: z.array(IdMap),
  /** Who asked for it: its files are served as that user. */
  owner: z.object({ uid: z.int(), gid: z.int() }),
});
export type Mount = z.infer<typeof Mount>;

/** Why a mount that is wanted is not there. */
export const MountFault = z.object({ at: z.string(), code: z.string(), reason: z.string() });
export type MountFault = z.infer<typeof MountFault>;

/** `waiting`: it is there once the guest answers. `degraded`: it could not be made, and is tried again and again. */
export const MountView = Mount.extend({
  state: z.enum(["active", "waiting", "degraded"]),
  degraded: MountFault.optional(),
});
export type MountView = z.infer<typeof MountView>;
