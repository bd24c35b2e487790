/** The daemon's side of guests: seeds, reachability over SSH, kept connections. */
import { growFileSystem, type OpenScript, stepClock } from "../guest/chores.ts";
import { createGuestPool, type GuestPool } from "../guest/pool.ts";
import { makeSeed } from "../guest/seed.ts";
import { waitForBanner } from "../guest/banner.ts";
import type { GuestTarget } from "../guest/ssh.ts";
import type { Clock } from "../sys/clock.ts";
import type { Network } from "../sys/network.ts";
import type { GuestPort } from "./effects.ts";

export type GuestAddress = GuestTarget;

export interface Guests extends GuestPort {
  readonly pool: GuestPool;
}

export function createGuests(options: { network: Network; clock: Clock }): Guests {
  const pool = createGuestPool(options);
  const scripts =
    (id: string, target: GuestTarget): OpenScript =>
    (script, signal) =>
      pool.open(id, target, { words: ["sh", "-c", script], environment: {} }, signal);
  return {
    pool,
    async reach(id, target, signal) {
      await waitForBanner(target.endpoint, { ...options, signal });
      await pool.connect(id, target, signal);
    },
    stepClock: (id, target, signal) => stepClock(scripts(id, target), () => options.clock.now().getTime(), signal),
    growFileSystem: (id, target, signal) => growFileSystem(scripts(id, target), signal),
    drop: (id) => pool.drop(id),
    seed: ({ id, name, mac, user }, own, host) =>
      makeSeed({ instanceId: id, hostname: name, mac, user, authorizedKey: own.publicKey, hostKey: host }),
  };
}
