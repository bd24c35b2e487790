/** One life of the daemon's core in a real directory: real files, real log and images, machines that outlive it. */
import type { Config } from "../../../src/config.ts";
import { type Core, startCore } from "../../../src/daemon/core.ts";
import { auditHandlers } from "../../../src/daemon/handlers/audit.ts";
import { configurationHandlers } from "../../../src/daemon/handlers/configuration.ts";
import type { Caller, Daemon } from "../../../src/daemon/handlers/context.ts";
import { imageHandlers } from "../../../src/daemon/handlers/images.ts";
import { lifecycleHandlers } from "../../../src/daemon/handlers/lifecycle.ts";
import { createKeyring } from "../../../src/daemon/keyring.ts";
import { createOrders } from "../../../src/daemon/orders.ts";
import type { FakeWorld } from "../../../src/drivers/fake-world.ts";
import { UserError } from "../../../src/errors.ts";
import type { Command } from "../../../src/events/decide.ts";
import { type EventLog, openLog } from "../../../src/events/store/log.ts";
import type { Repair } from "../../../src/events/store/repair/repair.ts";
import type { ImageFolder } from "../../../src/images/folder.ts";
import type { Supply } from "../../../src/images/supply.ts";
import { createVault, type Vault } from "../../../src/images/vault.ts";
import { systemFiles, type Files } from "../../../src/sys/files.ts";
import { systemIds } from "../../../src/sys/ids.ts";
import { createFastClock } from "./clock.ts";
import { journalAt } from "./journal.ts";
import { createKeptDriver, keepMachines, openMachines } from "./machines.ts";
import { until } from "./until.ts";

export const dataIn = (root: string): string => `${root}/data`;
export const journalIn = (root: string): string => `${root}/journal`;
export const machinesIn = (root: string): string => `${root}/machines.json`;

export interface LifeOptions {
  /** Holds the data directory, the journal and the machines. */
  readonly root: string;
  readonly laterMs: number;
  /** Of the host. */
  readonly boot: string;
  readonly segmentBytes?: number;
  readonly files?: Files;
}

export interface Life {
  readonly root: string;
  readonly log: EventLog;
  readonly core: Core;
  readonly vault: Vault;
  readonly machines: FakeWorld;
  readonly repaired: readonly Repair[];
  /** Lines that the daemon would have written to its own log. */
  readonly reports: readonly string[];
  /** Sends a call, journals it and its answer. Resolves with undefined when it is refused, which is an answer too. */
  call(name: string, input: Record<string, unknown>, command?: string): Promise<Answer | undefined>;
  /** The same for what comes to the daemon on another way. */
  dispatch(command: Command): Promise<void>;
  /** As an upload does it. */
  upload(name: string, bytes: Uint8Array): Promise<string>;
  /** What guests do by themselves. */
  happens(change: (machines: FakeWorld) => void): void;
  /** Resolves when no operation is pending. */
  idle(): Promise<void>;
  /** Resolves when head and seal are of the newest record. */
  sealed(): Promise<void>;
  close(): Promise<void>;
}

export const caller = { actor: { kind: "user", id: "unix:1", name: "ann", role: "admin", via: "unix" } } as const;

const partBytes = 3_000;
/** Of the folder beside the executable; any name with an i is there. */
const folder: Pick<ImageFolder, "find" | "names" | "open"> = {
  find: async (name) =>
    name.includes("i")
      ? { name, title: name, path: `/images/${name}`, bytes: 3 * partBytes, modifiedMs: 0 }
      : undefined,
  names: async () => ["tiny"],
  async *open(path) {
    for (let part = 0; part < 3; part++) yield Buffer.alloc(partBytes, `${path} ${part}`);
  },
};

/** No host is asked: names of the folder come first. */
const noSupply: Supply = {
  folder: { name: "folder", root: "file:///images", canSign: false, list: async () => [] },
  catalog: { offers: () => Promise.reject(new Error("bug: a host is asked")) },
  choose: () => Promise.reject(new Error("bug: a host is asked")),
  bring: () => Promise.reject(new Error("bug: a host is asked")),
  collect: async () => {},
};

const guest: Parameters<typeof startCore>[0]["guest"] = {
  drop: () => {},
  seed: () => new Uint8Array(),
  stepClock: async () => ({ behindSeconds: 1, offSeconds: 0 }),
  growFileSystem: async () => true,
  reach: async () => {},
  rejoin: async () => {},
  provision: async () => ({ status: "done", messages: [] }),
};

/** Throws the log's error when it is read-only: no life here begins so. */
export async function beginLife({
  root,
  laterMs,
  boot,
  segmentBytes,
  files = systemFiles,
}: LifeOptions): Promise<Life> {
  const directory = dataIn(root);
  const clock = createFastClock(laterMs);
  const ids = systemIds;
  const journal = journalAt(journalIn(root));
  const machines = openMachines(machinesIn(root), clock);
  const size = segmentBytes === undefined ? {} : { segmentBytes };
  const { log, repaired = [] } = await openLog({ directory, files, clock, ids, isSealed: true, ...size });
  const mode = log.mode();
  if (mode.kind === "read-only") {
    await log.close();
    throw mode.error;
  }
  log.subscribe((records) => {
    for (const { position, hash } of records) journal({ kind: "durable", position, hash });
  });
  const reports: string[] = [];
  const vault = createVault({ directory: `${directory}/images`, files, ids });
  await vault.collect();
  const orders = createOrders(async () => ({ proxies: {} }));
  const report = (line: string) => void reports.push(line);
  const shared = { log, files, clock, ids, vault, folder, orders, report };
  const core = await startCore({
    ...shared,
    directory,
    driver: () => createKeptDriver(machinesIn(root), machines),
    supply: () => noSupply,
    keyring: createKeyring(`${directory}/keys`, files),
    guest,
    started: { version: "0", pid: process.pid, boot },
  });
  const daemon: Daemon = {
    ...shared,
    config: { directory } as Config,
    version: "0",
    trust: { add: async () => [] },
    outside: async () => ({ proxies: {} }),
    anchored: () => undefined,
    processors: 8,
    startedAt: "",
    memoryBytes: 2 ** 40,
    stop: () => {},
    logCheckedAt: () => undefined,
    ...core,
  };
  const handlers = handlersOf(daemon);
  const journaled = async (
    call: string,
    input: Record<string, unknown>,
    command: string,
    work: () => Promise<Answer>,
  ) => {
    journal({ kind: "sent", command, call, input });
    try {
      const answer = await work();
      const operation = answer.operation?.id;
      journal({ kind: "acked", command, ...(operation !== undefined && { operation }) });
      return answer;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      journal({ kind: "refused", command, code: error.code });
      return undefined;
    }
  };
  const dispatch = async (command: Command) => {
    const id = ids.next();
    await journaled(command.type, {}, id, async () => {
      await core.dispatcher.dispatch(command, { by: caller.actor, command: id });
      return {};
    });
  };
  return {
    root,
    log,
    core,
    vault,
    machines,
    repaired,
    reports,
    call: (name, input, command = ids.next()) =>
      journaled(name, input, command, async () => handlers(name)({ ...input, command }, caller)),
    dispatch,
    upload: async (name, bytes) => {
      async function* source() {
        yield bytes;
      }
      const signal = new AbortController().signal;
      const stored = await vault.add(source(), { expectedBytes: bytes.length, signal }, core.driver.images.inspect);
      const { path: _, ...image } = stored;
      await dispatch({ type: "add-image", name, title: name, ...image });
      return image.sha256;
    },
    happens: (change) => {
      change(machines);
      keepMachines(machinesIn(root), machines);
    },
    idle: () => until("no operation is pending", () => core.dispatcher.world().pending.size === 0),
    sealed: () => until("head and seal are of the newest record", () => log.seal()?.size === log.position()),
    close: async () => {
      await core.close("the end");
      await log.close();
    },
  };
}

export interface Answer {
  readonly operation?: { readonly id: string } | undefined;
}
type Handler = (input: Record<string, unknown>, from: Caller) => Promise<Answer>;

/** The daemon's own, by the names of the API. Inputs are ours: what the API would refuse is not sent. */
function handlersOf(daemon: Daemon): (name: string) => Handler {
  const all = {
    ...lifecycleHandlers(daemon),
    ...configurationHandlers(daemon),
    ...imageHandlers(daemon),
    ...auditHandlers(daemon),
  } as unknown as Record<string, Handler>;
  return (name) => {
    const handler = all[name];
    if (handler === undefined) throw new Error(`bug: there is no call ${name}`);
    return handler;
  };
}
