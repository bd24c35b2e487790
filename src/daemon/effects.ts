/** The table from step to driver calls: the one bridge between events and drivers. */
import { UserError } from "../errors.ts";
import type { Driver, IdentityPlan } from "../drivers/driver.ts";
import type { InstanceState, PendingOperation } from "../events/instance/state.ts";
import type { ImageState } from "../events/image/image.ts";
import type { Layers } from "../events/layers.ts";
import type { ClockCheck, Instruct } from "../guest/chores.ts";
import type { CloudInitReport } from "../guest/cloud-init.ts";
import type { Announcement } from "../guest/wall.ts";
import type { KeyPair } from "../guest/keys.ts";
import type { Supply } from "../images/supply.ts";
import type { Vault } from "../images/vault.ts";
import type { ImageFolder } from "../images/folder.ts";
import type { Clock } from "../sys/clock.ts";
import { type CloudInitStore, judgeCloudInit } from "./cloud-init.ts";
import type { Effects } from "./reactor.ts";
import type { GuestAddress } from "./guests.ts";
import { createHostNote } from "./host-note.ts";
import { importDisk } from "./import-effect.ts";
import { createImageEffect } from "./image-effect.ts";
import type { NetworkKeeper } from "./networks/keeper.ts";
import type { Keyring } from "./keyring.ts";
import type { Mounts } from "./mounts/mounts.ts";
import type { Orders } from "./orders.ts";
import { createMountEffects } from "./mounts/effects.ts";
import { belongings, checkTarget, createPointEffects, freezeByTheWay } from "./point-effects.ts";

/** How long a guest may take to shut itself down before its power is cut. */
const graceMs = 60_000;

/** What the effects need of the guest's inside. */
export interface GuestPort {
  /** Resolves when the guest answered and let the daemon log in. */
  reach(id: string, guest: GuestAddress, signal: AbortSignal): Promise<void>;
  /** The same for a guest that was up before it stood still. */
  rejoin(id: string, guest: GuestAddress, signal: AbortSignal): Promise<void>;
  /** Sets the clock of a guest that answers, and looks at it again. */
  stepClock(id: string, guest: GuestAddress, instruct: Instruct, signal: AbortSignal): Promise<ClockCheck>;
  /** What makes a guest that goes on from another one's memory this instance. */
  identity(instance: { id: string; name: string; mac: string; address: string }, host: KeyPair): IdentityPlan;
  /** Lets a guest that answers take the room of a disk that has grown; false when it cannot. */
  growFileSystem(id: string, guest: GuestAddress, signal: AbortSignal): Promise<boolean>;
  /** Tells whoever is logged in there when it is to be stopped, or that it is not any more. */
  announce(id: string, guest: GuestAddress, announcement: Announcement, signal: AbortSignal): Promise<void>;
  /** Waits until cloud-init has ended in the guest. */
  provision(id: string, guest: GuestAddress, signal: AbortSignal): Promise<CloudInitReport>;
  /** Lets go of the kept connection. */
  drop(id: string): void;
  /** `cloudInit`: the user's own text. */
  seed(
    instance: Pick<InstanceState, "id" | "name" | "mac" | "interfaces" | "user">,
    own: KeyPair,
    host: KeyPair,
    cloudInit: string | undefined,
  ): Uint8Array;
}

export interface EffectsOptions {
  readonly driver: Driver;
  readonly vault: Pick<Vault, "add" | "find" | "make">;
  readonly folder: Pick<ImageFolder, "find" | "names" | "open">;
  /** Images of the vault, by content. */
  readonly images: () => ReadonlyMap<string, ImageState>;
  /** Of all instances. */
  readonly layers: () => Layers;
  readonly supply: Pick<Supply, "bring">;
  readonly orders: Pick<Orders, "of">;
  readonly keyring: Keyring;
  readonly cloudInit: Pick<CloudInitStore, "read" | "forget">;
  readonly guest: GuestPort;
  readonly networks: Pick<NetworkKeeper, "prepare" | "connected">;
  readonly clock: Clock;
  readonly mounts: Pick<Mounts, "make" | "take" | "settle" | "release">;
}

export function createEffects(options: EffectsOptions): Effects {
  const { driver, guest, keyring, cloudInit, networks } = options;
  const noteHost = createHostNote(driver);
  const fetchImage = createImageEffect(options);
  return {
    ...createPointEffects(options),
    image: async (instance, operation, signal, progress) => {
      await noteHost(signal, progress);
      return fetchImage(instance, operation, signal, progress);
    },
    disk: async (instance, operation, signal, progress) => {
      if (operation.import) return importDisk(options, instance, operation.import, signal, progress);
      const { warm, gaveUp } = operation;
      const { layer, specs, ordinal, origin } = instance;
      // What ran of it is all on a disk that nobody wants.
      if (gaveUp) {
        progress({ kind: "note", label: "memory", text: `${gaveUp.reason}: it boots` });
        await driver.destroy(instance.id, [layer], signal);
      }
      const base = origin ? { layer: origin.layer } : await baseOf(options, instance);
      const { hardware } = await driver.create(
        instance.id,
        { layer, base, specs, ordinal, ...(warm && { warm }) },
        signal,
      );
      const { publicKey } = await keyring.host(instance.id);
      return { step: "disk", layer, ...(origin && { parent: origin.layer }), hardware, hostKey: publicKey };
    },
    boot: async (instance, { warm }, signal, progress) => {
      await noteHost(signal, progress);
      return boot(options, instance, warm !== undefined, signal);
    },
    identity: async (instance, _operation, signal) => {
      const key = await keyring.host(instance.id);
      // While it is told who it is, and the time, its machine hears nothing else; and then it asks for its address.
      await networks.connected(instance, signal);
      await driver.identify(instance.id, guest.identity(instance, key), signal);
      return { step: "identity" };
    },
    reachable: async (instance, { resumes, restore, warm }, signal) => {
      const isAwake = resumes || restore?.to.kept || warm;
      // It answers at once, and what it answers before it is plugged in is lost: a connection begun then stands still for seconds.
      if (isAwake) await networks.connected(instance, signal);
      const enter = isAwake ? guest.rejoin : guest.reach;
      await untilEnded(driver, instance.id, signal, async (alive) =>
        enter(instance.id, await addressOf(keyring, instance), alive),
      );
      return { step: "reachable" };
    },
    clock: async (instance, _operation, signal) => ({
      step: "clock",
      ...(await guest.stepClock(
        instance.id,
        await addressOf(keyring, instance),
        (script) => driver.instruct(instance.id, script, signal),
        signal,
      )),
    }),
    suspend: async (instance, operation, signal) => {
      await checkTarget(driver, operation, signal);
      await options.mounts.release(instance, signal);
      // Its connections would end with the machine, and their last packets wake nobody.
      guest.drop(instance.id);
      return { step: "suspend", ...(await driver.suspend(instance.id, signal)) };
    },
    ...createMountEffects(options.mounts),
    resize: (instance, operation, signal) => resize(options, instance, operation, signal),
    "cloud-init": async (instance, _operation, signal, progress) => {
      const report = await untilEnded(driver, instance.id, signal, async (alive) =>
        guest.provision(instance.id, await addressOf(keyring, instance), alive),
      );
      return judgeCloudInit(report, await cloudInit.read(instance), progress);
    },
    stop: async (instance, operation, signal) => {
      await checkTarget(driver, operation, signal);
      return stop(options, instance, operation, signal);
    },
    destroy: async (instance, _operation, signal) => {
      guest.drop(instance.id);
      const { layers, memories } = belongings(options.layers(), instance);
      // The disk last: until it is gone, whatever fails leaves an instance.
      if (memories.length > 0) await driver.snapshots.discard({ layers: [], memories, quarantine: false }, signal);
      await driver.destroy(instance.id, layers, signal);
      await Promise.all([keyring.forget(instance.id), cloudInit.forget(instance.id)]);
      return { step: "destroy" };
    },
  };
}

/** Where and with which keys the daemon logs in. */
export async function addressOf(keyring: Keyring, instance: InstanceState): Promise<GuestAddress> {
  const { running, user } = instance;
  if (!running)
    throw new UserError("instance-not-running", `instance "${instance.name}" is not running`, {
      hints: [["next", `strata start ${instance.name}`]],
    });
  const [{ privateKey }, { publicKey }] = await Promise.all([keyring.own(), keyring.host(instance.id)]);
  const isEmulated = running.accelerator === "tcg";
  return { endpoint: running.ssh, user, privateKey, hostKey: instance.hostKey ?? publicKey, isEmulated };
}

/** The image in the vault. Throws `image-not-found`. */
export async function baseOf({ vault }: Pick<EffectsOptions, "vault">, { image }: Pick<InstanceState, "image">) {
  const stored = image.sha256 === undefined ? undefined : await vault.find(image.sha256);
  if (!stored) throw new UserError("image-not-found", `the image of "${image.title}" is gone from the vault`);
  return { path: stored.path, format: stored.format, sha256: stored.sha256 };
}

async function boot(
  { driver, guest, keyring, cloudInit, networks }: EffectsOptions,
  instance: InstanceState,
  isStranger: boolean,
  signal: AbortSignal,
) {
  const resumes = instance.power === "suspended";
  const { id, hardware, layer, specs, ordinal, mac, address } = instance;
  if (!hardware) throw new UserError("disk-missing", `instance "${instance.name}" has no disk`);
  const wiring = await networks.prepare(instance, signal);
  const seen = await driver.inspect(id);
  const seed = guest.seed(instance, await keyring.own(), await keyring.host(id), await cloudInit.read(instance));
  const plan = {
    hardware,
    layer,
    specs,
    ordinal,
    mac,
    address,
    seed,
    resumes,
    ...wiring,
    ...(isStranger && { isStranger }),
  };
  const { ssh, accelerator, cpu, build } = await driver.start(id, plan, signal);
  const how = { adopted: seen.power === "running", ...(resumes ? { resumed: true } : {}) };
  return { step: "boot" as const, ssh, accelerator, cpu, build, ...how };
}

/** How long a guest may take to make use of a disk that has grown. */
const growMs = 60_000;

/** The layer first; then, where the guest answers, its file system. What the guest does not do now it does at its next boot. */
async function resize(
  { driver, guest, keyring, clock }: EffectsOptions,
  instance: InstanceState,
  operation: PendingOperation,
  signal: AbortSignal,
) {
  const { id, layer, reachable } = instance;
  await driver.resize(id, { layer, bytes: operation.disk ?? instance.specs.disk }, signal);
  if (!reachable) return { step: "resize" as const, isGrown: false };
  const limit = new AbortController();
  const disarm = clock.after(growMs, () => limit.abort("grow"));
  const isGrown = await guest
    .growFileSystem(id, await addressOf(keyring, instance), AbortSignal.any([signal, limit.signal]))
    .catch((error: unknown) => {
      if (signal.aborted) throw error;
      return false;
    })
    .finally(disarm);
  return { step: "resize" as const, isGrown };
}

/**
 * Asks the guest and waits; cuts the power when it does not go, or when nobody wants to ask. Where it went by itself, its disk
 * becomes a point, if one is wanted.
 */
async function stop(ports: EffectsOptions, instance: InstanceState, operation: PendingOperation, signal: AbortSignal) {
  const { driver, guest, clock } = ports;
  const result = { step: "stop" as const, cause: "user" as const };
  const seen = await driver.inspect(instance.id);
  if (seen.power === "off" || seen.power === "missing") {
    guest.drop(instance.id);
    if (seen.power === "missing") return result;
    const isClean = seen.cause === "user" || seen.cause === "guest";
    const point = isClean ? await freezeByTheWay(ports, instance, operation, signal) : {};
    return { ...result, cause: seen.cause, ...point };
  }
  const asks = !operation.force && !operation.abandoned && !operation.restore && operation.kind !== "purge";
  const isClean = asks && (await stopsInTime(driver, instance.id, clock, signal));
  if (!isClean)
    await driver.stop(instance.id, operation.restore && !operation.abandoned ? "discarded" : "forced", signal);
  guest.drop(instance.id);
  return { ...result, ...(isClean && (await freezeByTheWay(ports, instance, operation, signal))) };
}

async function stopsInTime(driver: Driver, id: string, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const grace = new AbortController();
  const disarm = clock.after(graceMs, () => grace.abort("grace"));
  try {
    await driver.stop(id, "graceful", AbortSignal.any([signal, grace.signal]));
    return true;
  } catch (error) {
    if (signal.aborted || !grace.signal.aborted) throw error;
    return false;
  } finally {
    disarm();
  }
}

/** Runs `work` until it is done or the machine ends under it. */
async function untilEnded<Value>(
  driver: Driver,
  id: string,
  signal: AbortSignal,
  work: (alive: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const ended = new AbortController();
  const unwatch = driver.watch((which, happening) => {
    if (which === id && happening.kind === "ended")
      ended.abort(
        new UserError("machine-ended", `the machine ended while the guest was starting (${happening.cause})`),
      );
  });
  try {
    const seen = await driver.inspect(id);
    if (seen.power !== "running")
      throw new UserError("machine-ended", "the machine ended while the guest was starting");
    return await work(AbortSignal.any([signal, ended.signal]));
  } catch (error) {
    throw ended.signal.aborted && !signal.aborted ? ended.signal.reason : error;
  } finally {
    unwatch();
  }
}
