/** The ports that the core stands on in a simulation, but for disk and clock: machines, guests, images, keys and chance. */
import type { Keyring } from "../../src/daemon/keyring.ts";
import { createOrders } from "../../src/daemon/orders.ts";
import type { Core, CoreOptions } from "../../src/daemon/core.ts";
import type { Driver } from "../../src/drivers/driver.ts";
import { createFakeDriver } from "../../src/drivers/fake.ts";
import { withLimits } from "../../src/drivers/limits.ts";
import { UserError } from "../../src/errors.ts";
import type { MountWay } from "../../src/daemon/mounts/way.ts";
import type { Ids } from "../../src/sys/ids.ts";
import type { SimulatedClock } from "./clock.ts";
import type { Random } from "./random.ts";
import type { Simulation } from "./simulation.ts";

/** A guest that is never reached keeps the daemon waiting longer than anything does. */
const neverMs = 10_000_000;

const image = {
  sha256: "a".repeat(64),
  format: "qcow2",
  virtualSize: 2 ** 30,
  bytes: 1,
  path: "/images/tiny",
} as const;

/** The images of a host that has one. */
export const folder: CoreOptions["folder"] = {
  find: async (name) => ({ name, title: name, path: image.path, bytes: 1, modifiedMs: 0 }),
  names: async () => ["tiny"],
  async *open() {},
};
export const vault: CoreOptions["vault"] = {
  add: async () => image,
  find: async () => image,
  make: async () => image,
  list: async () => [],
  remove: async () => {},
};
/** No host is asked: names of the folder come first. */
const noHost = () => Promise.reject(new Error("bug: a host is asked"));
export const supply = () => ({
  folder: { name: "folder", root: "file:///images", canSign: false, list: async () => [] },
  catalog: { offers: noHost },
  choose: noHost,
  bring: noHost,
  collect: async () => {},
});
export const orders = createOrders(async () => ({ proxies: {} }));
const pair = { publicKey: "ssh-ed25519 A", privateKey: "k" };
export const keyring: Keyring = { own: async () => pair, host: async () => pair, forget: async () => {} };

/** Bytes that only have to differ: more of them are for filling a disk. */
const chanceBytesMax = 64;

/** UUIDs of version 7 in virtual time. */
export function seededIds(random: Random, clock: SimulatedClock): Ids {
  const bytes = (length: number) =>
    length > chanceBytesMax ? new Uint8Array(length) : Uint8Array.from({ length }, () => random.below(256));
  const hex = (length: number) => Buffer.from(bytes(length)).toString("hex");
  return {
    bytes,
    next() {
      const time = clock.now().getTime().toString(16).padStart(12, "0");
      return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(2).slice(1)}-8${hex(2).slice(1)}-${hex(6)}`;
    },
  };
}

/** Guests that come up in some seconds, or never, or say that something went wrong. */
export function guestPort({ clock, random, trouble }: Simulation): CoreOptions["guest"] {
  const isUnlucky = () => trouble.isOn() && random.chance(0.1);
  const comesUp = (_id: string, _guest: unknown, signal: AbortSignal) =>
    clock.sleep(isUnlucky() ? neverMs : 5_000, signal);
  return {
    drop: () => {},
    seed: () => new Uint8Array(),
    stepClock: async () => ({ behindSeconds: 1, offSeconds: 0 }),
    identity: () => ({ before: "", after: "" }),
    announce: async () => {},
    growFileSystem: async () => random.chance(0.5),
    reach: comesUp,
    rejoin: comesUp,
    async provision(_id, _guest, signal) {
      await clock.sleep(isUnlucky() ? neverMs : 3_000, signal);
      return isUnlucky() ? { status: "error", messages: ["x"] } : { status: "done", messages: [] };
    },
  };
}

/** Mounts that are there after a second, or fail; some end by themselves. */
export function waysOf({ clock, random, trouble }: Simulation): CoreOptions["ways"] {
  const isUnlucky = () => trouble.isOn() && random.chance(0.2);
  const way: MountWay = {
    async open(_instance, _mount, signal) {
      await clock.sleep(1_000, signal);
      if (isUnlucky()) throw new UserError("mount-failed", "no luck");
      const ended = Promise.withResolvers<string>();
      if (isUnlucky()) clock.after(random.below(60_000), () => ended.resolve("it ended"));
      return { ended: ended.promise, close: async () => ended.resolve("it was closed") };
    },
  };
  return { classic: way, native: way };
}

const never = new Promise<never>(() => undefined);

/** The driver as the daemon has it. No call that changes a machine goes without a pending operation whose intent is durable. */
export function watchedDriver(simulation: Simulation, core: () => Core | undefined): Driver {
  const { ledger, violations, process } = simulation;
  const driver = createFakeDriver(simulation.machines);
  const check = (call: string, id: string) => {
    const running = core();
    const pending = running?.dispatcher.world().instances.get(id)?.pending;
    if (running && !pending) violations.push(`${call} of ${id} without a pending operation`);
    if (pending && !ledger.operations.has(pending.id)) violations.push(`${call} of ${id} before its intent is durable`);
  };
  const living = <Value>(work: () => Promise<Value>): Promise<Value> =>
    process === simulation.process ? work() : never;
  const owed = <Value>(call: string, id: string, work: () => Promise<Value>): Promise<Value> =>
    living(() => (check(call, id), work()));
  const watched: Driver = {
    ...driver,
    check: (signal) => living(() => driver.check(signal)),
    inspect: (id) => living(() => driver.inspect(id)),
    resume: (id, signal) => living(() => driver.resume(id, signal)),
    create: (id, ...rest) => owed("create", id, () => driver.create(id, ...rest)),
    start: (id, ...rest) => owed("start", id, () => driver.start(id, ...rest)),
    stop: (id, ...rest) => owed("stop", id, () => driver.stop(id, ...rest)),
    suspend: (id, ...rest) => owed("suspend", id, () => driver.suspend(id, ...rest)),
    instruct: (id, ...rest) => owed("instruct", id, () => driver.instruct(id, ...rest)),
    identify: (id, ...rest) => owed("identify", id, () => driver.identify(id, ...rest)),
    resize: (id, ...rest) => owed("resize", id, () => driver.resize(id, ...rest)),
    destroy: (id, ...rest) => owed("destroy", id, () => driver.destroy(id, ...rest)),
    snapshots: {
      freeze: (id, ...rest) => owed("freeze", id, () => driver.snapshots.freeze(id, ...rest)),
      rewind: (id, ...rest) => owed("rewind", id, () => driver.snapshots.rewind(id, ...rest)),
      isWritten: (...all) => living(() => driver.snapshots.isWritten(...all)),
      check: (...all) => living(() => driver.snapshots.check(...all)),
      merge: (...all) => living(() => driver.snapshots.merge(...all)),
      take: (...all) => living(() => driver.snapshots.take(...all)),
      discard: (...all) => living(() => driver.snapshots.discard(...all)),
      empty: (...all) => living(() => driver.snapshots.empty(...all)),
    },
  };
  return withLimits(watched, simulation.clock);
}
