/** The daemon's side of guests: seeds, reachability over SSH, kept connections. */
import { admitKey } from "../guest/admit.ts";
import { UserError } from "../errors.ts";
import { growFileSystem, type OpenScript, signalSession, stepClock, stepClockByAgent } from "../guest/chores.ts";
import { askFacts } from "../guest/facts.ts";
import { createGuestPool, type GuestPool } from "../guest/pool.ts";
import { waitForCloudInit } from "../guest/cloud-init.ts";
import { type Meter, openMeter } from "../guest/meter.ts";
import { runToEnd } from "../guest/run.ts";
import { becomeOther } from "../guest/identity.ts";
import { makeSeed } from "../guest/seed.ts";
import { waitForBanner } from "../guest/banner.ts";
import { announce } from "../guest/wall.ts";
import type { GuestTarget } from "../guest/ssh.ts";
import type { GuestFacts } from "../model/guest-facts.ts";
import type { Clock } from "../sys/clock.ts";
import type { Ids } from "../sys/ids.ts";
import type { Network } from "../sys/network.ts";
import type { GuestPort } from "./effects.ts";
import type { EndSignal } from "./time-limit.ts";

export type GuestAddress = GuestTarget;

const rejoinPauseMs = 250;

export interface Guests extends GuestPort {
  readonly pool: GuestPool;
  /** What it says of itself. Rejects as opening a session does. */
  facts(id: string, guest: GuestAddress, signal: AbortSignal): Promise<GuestFacts>;
  /** A shell that tells what the guest uses, until it is closed. Rejects as opening a session does. */
  meter(id: string, guest: GuestAddress, signal: AbortSignal): Promise<Meter>;
  /** Lets the holder of a public key log in as the guest's user. Rejects as opening a session does, and with `key-not-admitted`. */
  admitKey(id: string, guest: GuestAddress, key: string, signal: AbortSignal): Promise<void>;
  /** Gives a command that was started with its session's id in its environment a signal. Rejects as opening a session does. */
  signalSession(
    id: string,
    guest: GuestAddress,
    command: { readonly session: string; readonly name: EndSignal },
    signal: AbortSignal,
  ): Promise<void>;
}

/** Bytes of chance that a guest gets of its host. */
const chanceBytes = 64;

interface GuestsOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly ids: Pick<Ids, "bytes">;
  /** This daemon may give machines cards on interfaces of the host. */
  readonly givesCards: boolean;
}

export function createGuests(options: GuestsOptions): Guests {
  const pool = createGuestPool(options);
  const scripts =
    (id: string, target: GuestTarget): OpenScript =>
    (script, signal) =>
      pool.open(id, target, { words: ["sh", "-c", script], environment: {} }, signal);
  const chance = () => Buffer.from(options.ids.bytes(chanceBytes)).toString("hex");
  /** One patient login at a time: a guest just back is slow, and each knock at its door costs it a process. */
  const rejoin = async (id: string, target: GuestTarget, signal: AbortSignal): Promise<void> => {
    for (;;) {
      try {
        return await pool.connect(id, target, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof UserError && error.code === "guest-unreachable")) throw error;
      }
      await options.clock.sleep(rejoinPauseMs, signal);
    }
  };
  /** A server that greets may still hang up: it takes few logins at once, and the knocks before count. */
  const reach = async (id: string, target: GuestTarget, signal: AbortSignal) => {
    await waitForBanner(target.endpoint, { ...options, signal });
    await rejoin(id, target, signal);
  };
  return {
    pool,
    reach,
    rejoin,
    provision: (id, target, signal) => {
      const run = async (words: readonly string[], stop: AbortSignal) =>
        runToEnd(await pool.open(id, target, { words, environment: {} }, stop), stop);
      return waitForCloudInit({ run, reach: (stop) => reach(id, target, stop) }, options.clock, signal);
    },
    stepClock: async (id, target, instruct, signal) => {
      const nowMs = () => options.clock.now().getTime();
      try {
        return await stepClockByAgent(instruct, chance(), nowMs);
      } catch {
        signal.throwIfAborted();
        return stepClock(scripts(id, target), nowMs, signal);
      }
    },
    identity: ({ id, name, mac, address }, hostKey) => {
      const nowMs = options.clock.now().getTime();
      return becomeOther({ instanceId: id, hostname: name, mac, address, hostKey, chance: chance(), nowMs });
    },
    growFileSystem: (id, target, signal) => growFileSystem(scripts(id, target), signal),
    meter: (id, target, signal) => openMeter(scripts(id, target), signal),
    facts: (id, target, signal) => askFacts(scripts(id, target), signal),
    admitKey: (id, target, key, signal) => admitKey(scripts(id, target), key, signal),
    announce: (id, target, announcement, signal) => announce(scripts(id, target), announcement, signal),
    signalSession: (id, target, command, signal) => signalSession(scripts(id, target), command, signal),
    drop: (id) => pool.drop(id),
    seed: ({ id, name, mac, interfaces, user }, own, host, cloudInit) =>
      makeSeed({
        instanceId: id,
        hostname: name,
        mac,
        cards: interfaces,
        mayGetCards: options.givesCards,
        user,
        authorizedKey: own.publicKey,
        hostKey: host,
        cloudInit,
      }),
  };
}
