/** The ways of this host to make mounts, with the real guests and processes behind them. */
import type { Config } from "../../config.ts";
import type { MountSupport } from "../../drivers/mounts.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { MountType } from "../../model/mount.ts";
import { systemClock as clock } from "../../sys/clock.ts";
import { systemFiles as files } from "../../sys/files.ts";
import { systemIds as ids } from "../../sys/ids.ts";
import { systemProcesses as processes } from "../../sys/process.ts";
import { self } from "../../sys/self.ts";
import { groupsOf } from "../../sys/users.ts";
import { addressOf } from "../effects.ts";
import type { Guests } from "../guests.ts";
import type { Keyring } from "../keyring.ts";
import { createClassicWay } from "./classic.ts";
import { createNativeWay } from "./native.ts";
import type { MountWay } from "./way.ts";

/** `devices`: the driver's, which is made later. */
export function createWays(
  { program, user: { uid } }: Pick<Config, "program" | "user">,
  { pool }: Pick<Guests, "pool">,
  keyring: Keyring,
  devices: () => MountSupport | undefined,
): Readonly<Record<MountType, MountWay>> {
  const enter = async (instance: InstanceState, words: readonly string[], signal: AbortSignal) =>
    pool.open(instance.id, await addressOf(keyring, instance), { words, environment: {} }, signal);
  return {
    classic: createClassicWay({ processes, program, uid, clock, enter }),
    native: createNativeWay({ processes, uid, clock, enter, files, ids, devices, groupsOf, boot: self.bootId }),
  };
}
