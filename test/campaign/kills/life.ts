/** One life of the daemon's core in a real directory: real files, real log and images, machines that outlive it. */
import { type Core, startCore } from "../../../src/daemon/core.ts";
import { auditHandlers } from "../../../src/daemon/handlers/audit.ts";
import { configurationHandlers } from "../../../src/daemon/handlers/configuration.ts";
import type { Caller, Daemon } from "../../../src/daemon/handlers/context.ts";
import { imageHandlers } from "../../../src/daemon/handlers/images.ts";
import { lifecycleHandlers } from "../../../src/daemon/handlers/lifecycle.ts";
import { pointHandlers } from "../../../src/daemon/handlers/points.ts";
import { rollbackHandlers } from "../../../src/daemon/handlers/rollback.ts";
import { undoHandlers } from "../../../src/daemon/handlers/undo.ts";
import { createPast } from "../../../src/daemon/past.ts";
import { createKeyring } from "../../../src/daemon/keyring.ts";
import { createOrders } from "../../../src/daemon/orders.ts";
import type { FakeWorld } from "../../../src/drivers/fake-world.ts";
import { UserError } from "../../../src/errors.ts";
import type { Command } from "../../../src/events/decide.ts";
import { type EventLog, openLog } from "../../../src/events/store/log.ts";
import type { Repair } from "../../../src/events/store/repair/repair.ts";
import { createVault, type Vault } from "../../../src/images/vault.ts";
import { systemFiles, type Files } from "../../../src/sys/files.ts";
import { systemIds as ids } from "../../../src/sys/ids.ts";
import { bareDaemon } from "../../simulation/bare-daemon.ts";
import { createFastClock } from "./clock.ts";
import { journalAt, type Sent } from "./journal.ts";
import { createKeptDriver, keepMachines, openMachines } from "./machines.ts";
import { folder, guest, noSupply, ways } from "./ports.ts";
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

/** Throws the log's error when it is read-only: no life here begins so. */
export async function beginLife(options: LifeOptions): Promise<Life> {
  const { root, laterMs, segmentBytes, files = systemFiles } = options;
  const directory = dataIn(root);
  const clock = createFastClock(laterMs);
  const size = segmentBytes === undefined ? {} : { segmentBytes };
  const { log, repaired = [] } = await openLog({ directory, files, clock, ids, isSealed: true, ...size });
  const mode = log.mode();
  if (mode.kind === "read-only") {
    await log.close();
    throw mode.error;
  }
  const journal = journalAt(journalIn(root));
  log.subscribe((records) => {
    for (const { position, hash } of records) journal({ kind: "durable", position, hash });
  });
  const machines = openMachines(machinesIn(root), clock);
  const reports: string[] = [];
  const begun = await begin(options, { log, files, clock, machines, report: (line) => void reports.push(line) });
  const { core } = begun;
  return {
    ...senders(begun, journal),
    ...begun,
    root,
    log,
    machines,
    repaired,
    reports,
    happens: (change) => {
      change(machines);
      keepMachines(machinesIn(root), machines);
    },
    idle: () =>
      until(
        "no operation is pending",
        () => core.dispatcher.world().pending.size + core.dispatcher.world().rollbacks.size === 0,
      ),
    sealed: () => until("head and seal are of the newest record", () => log.seal()?.size === log.position()),
    close: async () => {
      await core.close("the end");
      await log.close();
    },
  };
}

interface Own extends Pick<Daemon, "log" | "files" | "clock" | "report"> {
  readonly machines: FakeWorld;
}

/** The core on an open log, and the daemon that the handlers see. */
async function begin({ root, boot }: LifeOptions, { machines, ...own }: Own) {
  const directory = dataIn(root);
  const vault = createVault({ directory: `${directory}/images`, files: own.files, ids });
  await vault.collect();
  const shared = { ...own, ids, vault, folder, orders: createOrders(async () => ({ proxies: {} })) };
  const core = await startCore({
    ...shared,
    directory,
    driver: () => createKeptDriver(machinesIn(root), machines),
    supply: () => noSupply,
    keyring: createKeyring(`${directory}/keys`, own.files),
    guest,
    ways,
    started: { version: "0", pid: process.pid, boot },
  });
  const daemon: Daemon = {
    ...bareDaemon(directory),
    ...shared,
    ...core,
  };
  return { core, vault, daemon };
}

type Begun = Awaited<ReturnType<typeof begin>>;

/** The ways on which something is asked of the daemon, each noted before and after. */
function senders(
  { core, vault, daemon }: Begun,
  journal: ReturnType<typeof journalAt>,
): Pick<Life, "call" | "dispatch" | "upload"> {
  const handlers = handlersOf(daemon);
  const noted = async ({ command, call, input }: Sent, work: () => Promise<Answer>) => {
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
  const dispatch = async (asked: Command) => {
    const command = ids.next();
    await noted({ command, call: asked.type, input: {} }, async () => {
      await core.dispatcher.dispatch(asked, { by: caller.actor, command });
      return {};
    });
  };
  return {
    call: (call, input, command = ids.next()) =>
      noted({ command, call, input }, async () => handlers(call)({ ...input, command }, caller)),
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
  };
}

export interface Answer {
  readonly operation?: { readonly id: string } | undefined;
}
type Handler = (input: Record<string, unknown>, from: Caller) => Promise<Answer>;

/** The daemon's own, by the names of the API. Inputs are ours: what the API would refuse is not sent. */
function handlersOf(daemon: Daemon): (name: string) => Handler {
  const { config, files, log, clock } = daemon;
  const past = createPast({ directory: config.directory, files, log, clock });
  const all = {
    ...lifecycleHandlers(daemon),
    ...pointHandlers(daemon),
    ...undoHandlers(daemon, past),
    ...rollbackHandlers(daemon, past),
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
