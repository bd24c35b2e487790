/** The daemon: lock, load, reconcile, react, listen; and the same in reverse at its end. */
import { versionHeader } from "../api/protocol.ts";
import { type CallHandlers, serve, type Service } from "../api/server.ts";
import { type Config, placeFile, systemGroup } from "../config.ts";
import { messageOf } from "../errors.ts";
import type { Driver } from "../drivers/driver.ts";
import { guardLog } from "../events/store/guard.ts";
import { settingOf } from "../events/settings/settings.ts";
import { openLog } from "../events/store/log.ts";
import { createImageFolder } from "../images/folder.ts";
import { createSupply } from "../images/supply.ts";
import { createTrust } from "../images/trust.ts";
import { createVault } from "../images/vault.ts";
import { systemClock } from "../sys/clock.ts";
import { systemFiles } from "../sys/files.ts";
import { systemHost } from "../sys/host.ts";
import { type Listening, listenHttp } from "../sys/http.ts";
import { sendToJournal } from "../sys/journal.ts";
import { systemIds } from "../sys/ids.ts";
import { systemNetwork } from "../sys/network.ts";
import { outputStream } from "../sys/output.ts";
import { systemProcesses } from "../sys/process.ts";
import { self } from "../sys/self.ts";
import { removeTemporaries } from "../sys/temporaries.ts";
import { groupId } from "../sys/users.ts";
import { type Core, startCore } from "./core.ts";
import { createAnchor } from "./anchor.ts";
import { createDoor } from "./door.ts";
import { createGuests, type Guests } from "./guests.ts";
import { auditHandlers } from "./handlers/audit.ts";
import { configurationHandlers } from "./handlers/configuration.ts";
import type { Caller, Daemon } from "./handlers/context.ts";
import { imageHandlers } from "./handlers/images.ts";
import { framesHandlers, type FramesOptions } from "./handlers/frames.ts";
import { lifecycleHandlers } from "./handlers/lifecycle.ts";
import { readingHandlers } from "./handlers/reading.ts";
import { statusHandlers } from "./handlers/status.ts";
import { streamHandlers } from "./handlers/streams.ts";
import { createKeyring } from "./keyring.ts";
import { createOrders } from "./orders.ts";
import { ownWay } from "./own-way.ts";
import { startPruning } from "./pruning.ts";
import { createSystemDriver } from "./machine.ts";

/** One line in the daemon's own log, which the client that started it opened as our standard error. */
const stderr = outputStream(2);
const report = (line: string): void => stderr.write(`${systemClock.now().toISOString()} ${line}\n`);

/** What makes machines real, and the way into guests: a test has others than this host's. */
export interface Engine {
  driver(config: Config, setting: (key: string) => string): Driver;
  guests(): Guests;
}

const systemEngine: Engine = {
  driver: createSystemDriver,
  guests: () => createGuests({ network: systemNetwork, clock: systemClock }),
};

/** Runs until a signal or `daemon.stop`; resolves with the exit code. Throws a UserError when it cannot start. */
export async function runDaemon(config: Config, version: string, engine = systemEngine): Promise<number> {
  const { directory } = config;
  await systemFiles.makeDirectory(directory, 0o700);
  // A root daemon runs each machine under a uid of its own, which must be able to walk to its files.
  await systemFiles.changeMode(directory, config.user.uid === 0 ? 0o711 : 0o700);
  const { log, repaired, unsealed } = await openLog({
    directory,
    files: systemFiles,
    clock: systemClock,
    ids: systemIds,
    isSealed: true,
  });
  if (repaired) report(`log repaired: ${JSON.stringify(repaired)}`);
  if (unsealed !== undefined) report(`no seals: ${messageOf(unsealed)}`);
  const mode = log.mode();
  if (mode.kind === "read-only") report(`read-only: ${mode.error.message}`);
  const ended = Promise.withResolvers<string>();
  const stopListening = self.onEnd(ended.resolve);
  let settled = async (): Promise<void> => {};
  try {
    let checkedAt: string | undefined;
    const parts = await start(config, version, engine, log, { stop: ended.resolve, logCheckedAt: () => checkedAt });
    await tellPlace(config);
    tidyWhenIdle(log);
    report(`strata ${version}, pid ${self.pid}, ready at ${config.socket}`);
    const guarding = new AbortController();
    guard(log, guarding.signal).then(
      (at) => (checkedAt = at),
      (error) => guarding.signal.aborted || report(`background check: ${messageOf(error)}`),
    );
    const why = await ended.promise;
    guarding.abort();
    report(`stopping: ${why}`);
    await parts.listening.close();
    parts.pruner.close();
    parts.guests.pool.close();
    await parts.core.close(why);
    await clearPlace(config);
    settled = parts.anchor.settled;
  } finally {
    stopListening();
    await log.close();
    // The last seal is made by closing the log.
    await settled();
  }
  return 0;
}

/** So long after the last event a daemon is at rest. */
const idleMs = 5_000;

/** A daemon that has moved gigabytes, or started ten machines, is small again once it rests. */
function tidyWhenIdle(log: Log): void {
  let cancel = systemClock.after(idleMs, self.tidy);
  log.subscribe(() => {
    cancel();
    cancel = systemClock.after(idleMs, self.tidy);
  });
}

/** A client that waits for its first answer comes before the check of what is old. */
const guardAfterMs = 5_000;

/** Verifies the whole log once per life, in the background; damage makes it read-only. Resolves with when it was found whole. */
async function guard(log: Log, signal: AbortSignal): Promise<string | undefined> {
  await systemClock.sleep(guardAfterMs, signal);
  if (log.mode().kind === "read-only") return undefined;
  const { damage } = await guardLog({ log, files: systemFiles, clock: systemClock, signal });
  if (damage) report(`read-only: ${JSON.stringify(damage)}`);
  return damage ? undefined : systemClock.now().toISOString();
}

type Log = Awaited<ReturnType<typeof openLog>>["log"];

/** Where whole files are written, besides the log's own folders and those that go with their instance. */
const writtenFolders = ["layers", "images/catalog", "images/keys", "images/partial"];

async function start(
  config: Config,
  version: string,
  engine: Engine,
  log: Log,
  own: Pick<Daemon, "stop" | "logCheckedAt">,
) {
  const { directory } = config;
  const clock = systemClock;
  const ids = systemIds;
  const files = systemFiles;
  const host = systemHost();
  await makeRuntimeDirectory(config);
  const vault = createVault({ directory: `${directory}/images`, files, ids });
  await vault.collect();
  const written = writtenFolders.map((name) => `${directory}/${name}`);
  await removeTemporaries(files, [directory, ...written]).catch((error: unknown) => report(messageOf(error)));
  const folder = createImageFolder({ directory: config.imageDirectory, files });
  const keyring = createKeyring(`${directory}/keys`, files);
  const guests = engine.guests();
  const outside = () => ownWay(config, files);
  const orders = createOrders(outside);
  let setting: (key: string) => string = () => "";
  const trust = createTrust({
    directory: `${directory}/images/keys`,
    files,
    fingerprints: () => setting("images.keyring"),
  });
  const core = await startCore({
    directory,
    log,
    files,
    clock,
    ids,
    vault,
    keyring,
    guest: guests,
    folder,
    driver: (settings) => engine.driver(config, settings),
    supply: (driver, settings) => {
      setting = settings;
      return createSupply({
        directory: `${directory}/images`,
        folderDirectory: config.imageDirectory,
        files,
        clock,
        vault,
        folder,
        architecture: host.architecture === "aarch64" ? "arm64" : "amd64",
        inspect: driver.images.inspect,
        keyrings: trust.keyrings,
      });
    },
    orders,
    report,
    started: { version, pid: self.pid, boot: self.bootId() },
  });
  const anchor = createAnchor({
    files,
    processes: systemProcesses,
    journal: sendToJournal,
    clock,
    searchPath: config.searchPath,
    setting: () => settingOf(core.dispatcher.world().settings, "audit.anchor"),
    report,
  });
  log.onSealed(anchor.send);
  const daemon: Daemon = {
    config,
    version,
    log,
    clock,
    ids,
    startedAt: clock.now().toISOString(),
    files,
    ...own,
    anchored: anchor.view,
    report,
    folder,
    vault,
    trust,
    orders,
    outside,
    memoryBytes: host.memory,
    processors: host.processors,
    ...core,
  };
  const service = createService(daemon, core, { guests, keyring, vault });
  const listening = await listen(config, service);
  const pruner = startPruning({
    ...core,
    vault,
    clock,
    ids,
    report,
    keep: () => setting("images.keep"),
    isWritable: () => log.mode().kind === "writable",
    collect: core.supply.collect,
  });
  return { core, guests, listening, pruner, anchor };
}

function createService(daemon: Daemon, { dispatcher }: Core, options: FramesOptions): Service<Caller> {
  const calls: CallHandlers<Caller> = {
    ...statusHandlers(daemon, self, systemProcesses),
    ...lifecycleHandlers(daemon),
    ...readingHandlers(daemon),
    ...configurationHandlers(daemon),
    ...imageHandlers(daemon),
    ...auditHandlers(daemon),
  };
  const door = createDoor({ config: daemon.config, dispatcher, ids: daemon.ids });
  return {
    version: daemon.version,
    calls,
    streams: streamHandlers(daemon),
    frames: framesHandlers(daemon, options),
    admit: door.admit,
    needsGreeting: (headers) => headers[versionHeader] !== daemon.version || daemon.log.mode().kind === "read-only",
    report: (call, error) =>
      report(`${call}: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`),
  };
}

function listen(config: Config, service: Service<Caller>): Promise<Listening> {
  const group = config.isSystem ? groupId(systemGroup) : undefined;
  const access = group === undefined ? { mode: 0o600 } : { mode: 0o660, group };
  return listenHttp(config.socket, access, serve(service));
}

/** Root's machines run under accounts of their own and must pass through to their sockets; the API's own mode keeps them out of it. */
async function makeRuntimeDirectory({ runtimeDirectory, isSystem, user }: Config): Promise<void> {
  const isRoot = user.uid === 0;
  const group = isSystem ? groupId(systemGroup) : undefined;
  if (!isSystem) {
    await systemFiles.makeDirectory(dirname(runtimeDirectory), 0o700);
    if (isRoot) await systemFiles.changeMode(dirname(runtimeDirectory), 0o711);
  }
  await systemFiles.makeDirectory(runtimeDirectory, 0o700);
  if (group !== undefined) await systemFiles.changeOwner(runtimeDirectory, user.uid, group);
  await systemFiles.changeMode(runtimeDirectory, isSystem ? 0o751 : isRoot ? 0o711 : 0o700);
}

/** The folder above; the path is absolute and has no closing slash. */
const dirname = (path: string): string => path.slice(0, path.lastIndexOf("/"));

/** Where the daemon is reached, for a client whose environment leads to another runtime directory. */
async function tellPlace({ directory, socket }: Config): Promise<void> {
  const place = Buffer.from(`${JSON.stringify({ pid: self.pid, socket })}\n`);
  // On a full disk the daemon serves without: it is a courtesy.
  await systemFiles
    .writeAtomically(placeFile(directory), place, 0o600)
    .catch((error) => report(`${placeFile(directory)}: ${messageOf(error)}`));
}

/** After an orderly end nothing of it is left but the data; machines that run keep their sockets, and so the folder. */
async function clearPlace({ directory, runtimeDirectory, isSystem, socket }: Config): Promise<void> {
  await systemFiles.remove(placeFile(directory)).catch(() => undefined);
  await systemFiles.remove(socket).catch(() => undefined);
  if (isSystem) return;
  for (const folder of [runtimeDirectory, dirname(runtimeDirectory)])
    await systemFiles.removeDirectory(folder).catch(() => undefined);
}
