/** The real core behind its ports, in virtual time, on a disk and machines that fail: one seed is one run. */
import { expect } from "bun:test";
import type { Config } from "../../src/config.ts";
import { type Core, startCore } from "../../src/daemon/core.ts";
import { lifecycleHandlers } from "../../src/daemon/handlers/lifecycle.ts";
import { configurationHandlers } from "../../src/daemon/handlers/configuration.ts";
import type { Daemon } from "../../src/daemon/handlers/context.ts";
import { createOrders } from "../../src/daemon/orders.ts";
import type { Keyring } from "../../src/daemon/keyring.ts";
import type { Driver } from "../../src/drivers/driver.ts";
import { createFakeDriver } from "../../src/drivers/fake.ts";
import { createFakeWorld, type FakeCall, type FakeFault, type FakeWorld } from "../../src/drivers/fake-world.ts";
import { UserError } from "../../src/errors.ts";
import { upcast } from "../../src/events/catalog.ts";
import type { Recorded } from "../../src/events/envelope.ts";
import { type EventLog, openLog } from "../../src/events/store/log.ts";
import { emptyWorld, evolveWorld, freezeWorld } from "../../src/events/world.ts";
import type { Secret } from "../../src/model/secret.ts";
import type { Files } from "../../src/sys/files.ts";
import type { Ids } from "../../src/sys/ids.ts";
import { createSimulatedClock, type SimulatedClock } from "./clock.ts";
import { createDisk, type SimulatedDisk } from "./disk.ts";
import { type Random, seededRandom } from "./random.ts";

const directory = "/data";
const names = ["a", "b", "c"];
const livesMax = 6;
const actionsMax = 14;
/** More virtual steps than any settling needs. */
const stepsMax = 5_000;
const caller = { actor: { kind: "user", id: "unix:1", name: "sim", role: "admin", via: "unix" } } as const;

interface Simulation {
  readonly seed: number;
  readonly random: Random;
  readonly clock: SimulatedClock;
  readonly disk: SimulatedDisk;
  readonly machines: FakeWorld;
  readonly ids: Ids;
  /** What was acknowledged: position -> hash. It must never be missing again. */
  readonly acknowledged: Map<number, string>;
  /** Operations that a client was told of. */
  readonly promised: Set<string>;
  /** What the driver was asked for and must not have been; an effect's own error would only fail its step. */
  readonly violations: string[];
  /** Operations whose intent is on stable storage. */
  readonly intended: Set<string>;
  /** Commands sent, so that some are sent again. */
  readonly sent: (() => void)[];
  isDead: boolean;
  /** Of the host. */
  boots: number;
}

interface Life {
  readonly log: EventLog;
  readonly core: Core;
  readonly daemon: Daemon;
}

/** Runs one seed to its end; throws what went wrong. Resolves with the log's bytes, the same for the same seed. */
export async function simulate(seed: number): Promise<string> {
  const random = seededRandom(seed);
  const clock = createSimulatedClock();
  const simulation: Simulation = {
    seed,
    random,
    clock,
    disk: createDisk({
      beforeCall: ({ operation }) =>
        operation === "sync" && random.chance(0.5) ? microtasks(random.below(300)) : undefined,
    }),
    machines: createFakeWorld({ clock, faults: randomFaults(random), onDeath: () => (simulation.isDead = true) }),
    ids: seededIds(random, clock),
    acknowledged: new Map(),
    promised: new Set(),
    violations: [],
    intended: new Set(),
    sent: [],
    isDead: false,
    boots: 1,
  };
  const lives = 1 + random.below(livesMax);
  for (let life = 0; life < lives; life++) await live(simulation, life === lives - 1);
  return settleAtLast(simulation);
}

const faultyCalls: readonly FakeCall[] = ["create", "start", "stop", "kill", "suspend", "resize", "destroy"];
const faultKinds: readonly FakeFault["fault"][] = ["fail", "hang", "die-before", "die-after"];

function randomFaults(random: Random): FakeFault[] {
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item;
  return Array.from({ length: random.below(5) }, () => ({
    call: pick(faultyCalls),
    nth: 1 + random.below(6),
    fault: pick(faultKinds),
  }));
}

/** UUIDs of version 7 in virtual time. */
function seededIds(random: Random, clock: SimulatedClock): Ids {
  const bytes = (length: number) => Uint8Array.from({ length }, () => random.below(256));
  const hex = (length: number) => Buffer.from(bytes(length)).toString("hex");
  return {
    bytes,
    next() {
      const time = clock.now().getTime().toString(16).padStart(12, "0");
      return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(2).slice(1)}-8${hex(2).slice(1)}-${hex(6)}`;
    },
  };
}

/** One life of the daemon: actions until it dies or is killed. */
async function live(simulation: Simulation, isLast: boolean): Promise<void> {
  const { random, clock, disk, machines } = simulation;
  simulation.isDead = false;
  const life = await begin(simulation);
  const actions = life ? random.below(actionsMax) : 0;
  for (let action = 0; action < actions && life && !simulation.isDead; action++) {
    act(simulation, life);
    await microtasks(random.below(isLast ? 400 : 120));
    if (random.chance(0.4)) clock.step();
  }
  if (random.chance(0.7)) await settle(simulation);
  // Power loss takes the machines too; a killed daemon leaves them running.
  if (random.chance(0.5)) disk.kill();
  else {
    disk.crash(random);
    machines.rebootHost();
    simulation.boots += 1;
  }
  machines.listeners.clear();
  clock.forget();
}

/** Opens the log and starts the core; undefined when the daemon died on the way. */
async function begin(simulation: Simulation, isFaulty = true): Promise<Life | undefined> {
  const { clock, disk } = simulation;
  let life: Life | undefined;
  const starting = start(simulation, disk.boot(), isFaulty).then((started) => (life = started));
  let failure: unknown;
  starting.catch((error: unknown) => (failure = error));
  for (let turn = 0; turn < stepsMax && !life && !failure && !simulation.isDead; turn++) {
    await microtasks(50);
    if (turn % 20 === 19) clock.step();
  }
  if (failure) throw failure;
  if (life) await checkNothingLost(simulation, life.log);
  return life;
}

async function start(simulation: Simulation, files: Files, isFaulty: boolean): Promise<Life> {
  const { clock, ids, machines, random } = simulation;
  const { log } = await openLog({ directory, files, clock, ids, isSealed: true });
  const mode = log.mode();
  if (mode.kind === "read-only") throw mode.error;
  const note = ({ operation, position, hash }: Recorded) => {
    simulation.acknowledged.set(position, hash);
    if (operation !== undefined) simulation.intended.add(operation);
  };
  for await (const record of log.read({})) note(record);
  log.subscribe((records) => records.forEach(note));
  let core: Core | undefined;
  core = await startCore({
    directory,
    log,
    files,
    clock,
    ids,
    report: (line) => {
      if (line.includes("bug:")) throw new Error(line);
    },
    driver: () => watched(createFakeDriver(machines), () => core, simulation),
    vault: {
      add: async () => image,
      find: async () => image,
      list: async () => [],
      remove: async () => {},
    },
    supply: () => noSupply,
    orders,
    folder: {
      find: async (name) => ({ name, title: name, path: "/images/tiny", bytes: 1, modifiedMs: 0 }),
      names: async () => ["tiny"],
      async *open() {},
    },
    keyring,
    guest: {
      drop: () => {},
      seed: () => new Uint8Array(),
      stepClock: async () => ({ behindSeconds: 1, offSeconds: 0 }),
      growFileSystem: async () => random.chance(0.5),
      async reach(_id, _guest, signal) {
        await clock.sleep(isFaulty && random.chance(0.1) ? 10_000_000 : 5_000, signal);
      },
      async rejoin(_id, _guest, signal) {
        await clock.sleep(isFaulty && random.chance(0.1) ? 10_000_000 : 5_000, signal);
      },
      async provision(_id, _guest, signal) {
        await clock.sleep(isFaulty && random.chance(0.1) ? 10_000_000 : 3_000, signal);
        return isFaulty && random.chance(0.1) ? { status: "error", messages: ["x"] } : { status: "done", messages: [] };
      },
    },
    started: { version: "0", pid: 1, boot: `boot ${simulation.boots}` },
  });
  const config = { directory } as Config;
  const daemon: Daemon = {
    config,
    version: "0",
    log,
    clock,
    ids,
    files,
    folder: {
      find: async (name) => ({ name, title: name, path: "/images/tiny", bytes: 1, modifiedMs: 0 }),
      names: async () => ["tiny"],
    },
    vault: { find: async () => image, remove: async () => {} },
    trust: { add: async () => [] },
    orders,
    outside: async () => ({ proxies: {} }),
    anchored: () => undefined,
    processors: 8,
    startedAt: "",
    memoryBytes: 2 ** 40,
    stop: () => {},
    logCheckedAt: () => undefined,
    report: () => {},
    ...core,
  };
  return { log, core, daemon };
}

const image = {
  sha256: "a".repeat(64),
  format: "qcow2",
  virtualSize: 2 ** 30,
  bytes: 1,
  path: "/images/tiny",
} as const;
/** A text for cloud-init in half of the launches. */
const text = (random: Random): { cloudInit?: Secret<string> } =>
  random.chance(0.5) ? { cloudInit: `#cloud-config\nruncmd: [echo ${random.below(100)}]\n` as Secret<string> } : {};
/** No host is asked: names of the folder come first. */
const noSupply = {
  folder: { name: "folder", root: "file:///images", canSign: false, list: async () => [] },
  catalog: { offers: () => Promise.reject(new Error("bug: a host is asked")) },
  choose: () => Promise.reject(new Error("bug: a host is asked")),
  bring: () => Promise.reject(new Error("bug: a host is asked")),
  collect: async () => {},
};
const orders = createOrders(async () => ({ proxies: {} }));
const pair = { publicKey: "ssh-ed25519 A", privateKey: "k" };
const keyring: Keyring = { own: async () => pair, host: async () => pair, forget: async () => {} };

/** No call that changes a machine without a pending operation of its instance, whose intent is durable. */
function watched(driver: Driver, core: () => Core | undefined, { intended, violations }: Simulation): Driver {
  const check = (id: string) => {
    const running = core();
    const pending = running?.dispatcher.world().instances.get(id)?.pending;
    if (running && !pending) violations.push(`driver call for ${id} without a pending operation`);
    if (pending && !intended.has(pending.id)) violations.push(`driver call for ${id} before its intent is durable`);
  };
  return {
    ...driver,
    create: (id, ...rest) => (check(id), driver.create(id, ...rest)),
    start: (id, ...rest) => (check(id), driver.start(id, ...rest)),
    stop: (id, ...rest) => (check(id), driver.stop(id, ...rest)),
    suspend: (id, ...rest) => (check(id), driver.suspend(id, ...rest)),
    resize: (id, ...rest) => (check(id), driver.resize(id, ...rest)),
    destroy: (id, ...rest) => (check(id), driver.destroy(id, ...rest)),
  };
}

const configurations = [
  ["disk", ["6G", "8G", "10G"]],
  ["cpus", ["1", "2"]],
  ["autostart", ["yes", "no", "last"]],
] as const;

/** Something a client, a guest or the world does; never waited for. */
function act(simulation: Simulation, { daemon, core }: Life): void {
  const { random, ids, machines, sent, promised } = simulation;
  const handlers = { ...lifecycleHandlers(daemon), ...configurationHandlers(daemon) };
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[random.below(items.length)];
  const instance = pick(names) ?? "a";
  const command = ids.next();
  const running = [...machines.machines].filter(([, machine]) => machine.power === "running");
  const send = (work: () => Promise<{ operation?: { id: string } | undefined }>) => {
    const attempt = () => void work().then(({ operation }) => operation && promised.add(operation.id), expectRefusal);
    sent.push(attempt);
    attempt();
  };
  const set = (key: string, values: readonly string[]) => {
    const value = pick(values) ?? "1";
    send(() => handlers["settings.set"]({ command, key: `local.${instance}.${key}`, value }, caller));
  };
  const choice = random.below(16);
  if (choice <= 2)
    send(() =>
      handlers["instance.launch"]({ command, name: instance, image: { name: "tiny" }, ...text(random) }, caller),
    );
  else if (choice === 3) send(() => handlers["instance.start"]({ command, instance }, caller));
  else if (choice === 4)
    send(() => handlers["instance.stop"]({ command, instance, force: random.chance(0.3) }, caller));
  else if (choice === 5) send(() => handlers["instance.restart"]({ command, instance, force: false }, caller));
  else if (choice === 6)
    send(() => handlers["instance.delete"]({ command, instance, purge: random.chance(0.3) }, caller));
  else if (choice === 7) send(() => handlers["instance.recover"]({ command, instance }, caller));
  else if (choice === 8) send(() => handlers["instance.purge"]({ command, instance }, caller));
  else if (choice === 9) {
    const operation = pick([...core.dispatcher.world().pending.keys()]);
    if (operation) send(() => handlers["operation.cancel"]({ command, operation }, caller));
  } else if (choice === 10) pick(sent)?.();
  else if (choice <= 12) send(() => handlers["instance.suspend"]({ command, instance }, caller));
  else if (choice === 13)
    send(() => handlers["instance.rename"]({ command, instance, name: pick(names) ?? "d" }, caller));
  else if (choice === 14) {
    const [key, values] = pick(configurations) ?? ["cpus", ["1"]];
    set(key, values);
  } else {
    const [id] = pick(running) ?? [];
    if (id && random.chance(0.7)) machines.end(id, random.chance(0.5) ? "guest" : "crash");
    else if (id) machines.reset(id);
  }
}

function expectRefusal(error: unknown): void {
  if (!(error instanceof UserError)) throw error;
}

/** Every acknowledged record is in the log, unchanged, and the log replays to what the daemon believes. */
async function checkNothingLost({ acknowledged, promised, seed }: Simulation, log: EventLog): Promise<void> {
  // The daemon runs on while we read: what it adds meanwhile is not asked for.
  const owed = [...acknowledged];
  const told = [...promised];
  const operations = new Set<string>();
  const found = new Map<number, string>();
  for await (const { position, hash, operation } of log.read({})) {
    found.set(position, hash);
    if (operation !== undefined) operations.add(operation);
  }
  const missing = told.filter((operation) => !operations.has(operation));
  if (missing.length > 0) throw new Error(`seed ${seed}: promised and gone: ${missing.join(", ")}`);
  for (const [position, hash] of owed) {
    if (found.get(position) !== hash)
      throw new Error(`seed ${seed}: acknowledged position ${position} is ${found.has(position) ? "changed" : "lost"}`);
  }
}

async function checkReplay({ log, core }: Life): Promise<Recorded[]> {
  const replayed = emptyWorld();
  const records: Recorded[] = [];
  for await (const record of log.read({})) {
    records.push(record);
    evolveWorld(replayed, upcast(record));
  }
  expect(freezeWorld(core.dispatcher.world())).toEqual(freezeWorld(replayed));
  return records;
}

/** Each instance has the text that its launch brought, and no other text is left. */
async function checkCloudInit({ disk }: Simulation, { core }: Life): Promise<void> {
  const folder = `${directory}/cloud-init`;
  const files = disk.boot();
  const found = (await files.stat(folder)) ? await files.list(folder) : [];
  const owners = [...core.dispatcher.world().instances.values()].filter(({ cloudInit }) => cloudInit !== undefined);
  for (const owner of owners) expect(await core.cloudInit.read(owner)).toStartWith("#cloud-config");
  expect(found).toEqual(owners.map(({ id }) => `${id}.yaml`).sort());
}

/** Lets everything happen that is under way, moving the clock, until nothing is owed. */
async function settle(simulation: Simulation, isDone: () => boolean = () => true): Promise<void> {
  const { clock, disk } = simulation;
  for (let step = 0; step < stepsMax && !simulation.isDead; step++) {
    let calls = -1;
    while (calls !== disk.calls()) {
      calls = disk.calls();
      await microtasks(200);
    }
    if (isDone() && step > 20) return;
    if (!clock.step()) return;
  }
}

/** Faults off: whatever is pending must end, and belief and reality must meet. */
async function settleAtLast(simulation: Simulation): Promise<string> {
  const { machines, seed } = simulation;
  machines.faults.length = 0;
  simulation.isDead = false;
  const life = await begin(simulation, false);
  if (!life) throw new Error(`seed ${seed}: the daemon did not start`);
  await settle(simulation, () => life.core.dispatcher.world().pending.size === 0);
  if (simulation.violations.length > 0) throw new Error(`seed ${seed}: ${simulation.violations.join("; ")}`);
  const { instances, pending } = life.core.dispatcher.world();
  if (pending.size > 0)
    throw new Error(`seed ${seed}: operations without an outcome: ${[...pending.keys()].join(", ")}`);
  for (const state of instances.values()) {
    const power = machines.machines.get(state.id)?.power ?? "off";
    if (
      (state.power === "running") !== (power === "running") ||
      (state.power === "suspended") !== (power === "suspended")
    )
      throw new Error(`seed ${seed}: ${state.name} is believed ${state.power}, is ${power}`);
  }
  for (const [id, machine] of machines.machines) {
    if (machine.power === "running" && !instances.has(id))
      throw new Error(`seed ${seed}: machine ${id} runs and nobody owns it`);
  }
  await checkCloudInit(simulation, life);
  return (await checkReplay(life)).map((record) => record.hash).join("\n");
}

/** Gives `count` turns to whatever waits for nothing but its turn. */
async function microtasks(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}
