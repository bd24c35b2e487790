/** The ways of this host to make mounts, with the real guests and processes behind them. */
import type { Config } from "../../config.ts";
import { UserError } from "../../errors.ts";
import type { MountType } from "../../model/mount.ts";
import { systemClock } from "../../sys/clock.ts";
import { systemProcesses } from "../../sys/process.ts";
import { addressOf } from "../effects.ts";
import type { Guests } from "../guests.ts";
import type { Keyring } from "../keyring.ts";
import { createClassicWay } from "./classic.ts";
import type { MountWay } from "./way.ts";

export function createWays(
  { program, user }: Pick<Config, "program" | "user">,
  { pool }: Pick<Guests, "pool">,
  keyring: Keyring,
): Readonly<Record<MountType, MountWay>> {
  const classic = createClassicWay({
    processes: systemProcesses,
    program,
    uid: user.uid,
    clock: systemClock,
    enter: async (instance, words, signal) =>
      pool.open(instance.id, await addressOf(keyring, instance), { words, environment: {} }, signal),
  });
  return { classic, native: notThere };
}

const notThere: MountWay = {
  open: async () => {
    throw new UserError("mount-unsupported", "native mounts are not there yet", {
      hints: [["next", "mount it with --type classic"]],
    });
  },
};
