/** The daemon: lock, load, reconcile, react, listen; and the same in reverse at its end. */
import type { Service } from "../api/server.ts";
import type { Config } from "../config.ts";
import { messageOf } from "../errors.ts";
import type { Driver } from "../drivers/driver.ts";
import { guardLog } from "../events/store/guard.ts";
import { settingOf } from "../events/settings/settings.ts";
import { openLog } from "../events/store/log.ts";
import { createImageFolder } from "../images/folder.ts";
import { createSupply } from "../images/supply.ts";
import { createTrust } from "../images/trust.ts";
import { createVault } from "../images/vault.ts";
import { systemClock as clock } from "../sys/clock.ts";
import { systemFiles as files } from "../sys/files.ts";
import { systemHost } from "../sys/host.ts";
import { systemHostPorts } from "../sys/host-ports.ts";
import { sendToJournal } from "../sys/journal.ts";
import { sendToSyslog } from "../sys/syslog.ts";
import { systemIds as ids } from "../sys/ids.ts";
import { systemNetwork } from "../sys/network.ts";
import { outputStream } from "../sys/output.ts";
import { systemProcesses } from "../sys/process.ts";
import { self } from "../sys/self.ts";
import { removeTemporaries } from "../sys/temporaries.ts";
import { startCore } from "./core.ts";
import { createAnchor } from "./anchor.ts";
import { createSink } from "./sink/sink.ts";
import { createGuests, type Guests } from "./guests.ts";
import { createDoor } from "./door.ts";
import type { Caller, Daemon } from "./handlers/context.ts";
import { keepHostNames } from "./host-names/keeper.ts";
import { keepForwards } from "./forwards/keeper.ts";
import { createKeyring } from "./keyring.ts";
import { createWays } from "./mounts/ways.ts";
import { createSystemDriver, systemRelayHelper } from "./machine.ts";
import { createOrders } from "./orders.ts";
import { ownWay } from "./own-way.ts";
import { clearPlace, makeRuntimeDirectory, tellPlace } from "./place.ts";
import { startPruning } from "./pruning.ts";
import type { Backends } from "./networks/keeper.ts";
import { namesFor } from "../networks/bridge/names.ts";
import { createSystemNetworks } from "./networks/system.ts";
import { startMetering } from "./metrics/metering.ts";
import { createService, listen } from "./service.ts";
import { createWindow } from "./window/window.ts";

/** One line in the daemon's own log, which the client that started it opened as our standard error. */
const stderr = outputStream(2);
const report = (line: string): void => stderr.write(`${clock.now().toISOString()} ${line}\n`);

/** What makes machines real, and the way into guests: a test has others than this host's. */
export interface Engine {
  driver(config: Config, setting: (key: string) => string): Driver;
  guests(): Guests;
  /** Absent: machines have nothing but the network that each has to itself. */
  networks?(config: Config, version: string, driver: Driver, report: (line: string) => void): Backends;
}

const systemEngine: Engine = {
  driver: createSystemDriver,
  guests: () => createGuests({ network: systemNetwork, clock, ids }),
  networks: createSystemNetworks,
};

/** Runs until a signal or `daemon.stop`; resolves with the exit code. Throws a UserError when it cannot start. */
export async function runDaemon(config: Config, version: string, engine = systemEngine): Promise<number> {
  const { directory } = config;
  await files.makeDirectory(directory, 0o700);
  // A root daemon runs each machine under a uid of its own, which must be able to walk to its files.
  await files.changeMode(directory, config.user.uid === 0 ? 0o711 : 0o700);
  const { log, repaired, unsealed } = await openLog({
    directory,
    files,
    clock,
    ids,
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
    await tellPlace(config, report);
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
    await parts.window.close();
    parts.pruner.close();
    parts.metering.close();
    parts.forwards.close();
    parts.hostNames.close();
    parts.guests.pool.close();
    await parts.core.close(why);
    await parts.sink.close();
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
  let cancel = clock.after(idleMs, self.tidy);
  log.subscribe(() => {
    cancel();
    cancel = clock.after(idleMs, self.tidy);
  });
}

/** A client that waits for its first answer comes before the check of what is old. */
const guardAfterMs = 5_000;

/** Verifies the whole log once per life, in the background; damage makes it read-only. Resolves with when it was found whole. */
async function guard(log: Log, signal: AbortSignal): Promise<string | undefined> {
  await clock.sleep(guardAfterMs, signal);
  if (log.mode().kind === "read-only") return undefined;
  const { damage } = await guardLog({ log, files, clock, signal });
  if (damage) report(`read-only: ${JSON.stringify(damage)}`);
  return damage ? undefined : clock.now().toISOString();
}

type Log = Awaited<ReturnType<typeof openLog>>["log"];

/** Where whole files are written, besides the log's own folders and those that go with their instance. */
const writtenFolders = ["layers", "images/catalog", "images/keys", "images/partial"];

/** What acts on the host, and the core that drives it, caught up with the log. */
async function startParts(config: Config, version: string, engine: Engine, log: Log) {
  const { directory } = config;
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
  let driver: Driver | undefined;
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
    ways: createWays(config, guests, keyring, () => driver?.mounts),
    driver: (settings) => (driver = engine.driver(config, settings)),
    supply: (driver, settings) => {
      setting = settings;
      return createSupply({
        directory: `${directory}/images`,
        folderDirectory: config.imageDirectory,
        files,
        clock,
        vault,
        folder,
        architecture: systemHost().architecture === "aarch64" ? "arm64" : "amd64",
        inspect: driver.images.inspect,
        keyrings: trust.keyrings,
      });
    },
    backends: (driver) => engine.networks?.(config, version, driver, report) ?? {},
    orders,
    report,
    started: { version, pid: self.pid, boot: self.bootId() },
  });
  return { core, vault, folder, keyring, guests, outside, orders, trust };
}

async function start(
  config: Config,
  version: string,
  engine: Engine,
  log: Log,
  own: Pick<Daemon, "stop" | "logCheckedAt">,
) {
  await makeRuntimeDirectory(config);
  const { core, guests, keyring, ...parts } = await startParts(config, version, engine, log);
  const setting = (key: string) => settingOf(core.dispatcher.world().settings, key);
  const anchor = createAnchor({
    files,
    processes: systemProcesses,
    journal: sendToJournal,
    clock,
    searchPath: config.searchPath,
    setting: () => setting("audit.anchor"),
    report,
  });
  log.onSealed(anchor.send);
  const sink = createSink({
    directory: config.directory,
    files,
    log,
    processes: systemProcesses,
    syslog: (message) => sendToSyslog(message, { now: clock.now(), pid: self.pid }),
    clock,
    searchPath: config.searchPath,
    setting: () => setting("audit.sink"),
    report,
  });
  const host = systemHost();
  const forwards = keepForwards({
    ...core,
    log,
    clock,
    ids,
    ports: systemHostPorts,
    ways: { helper: systemRelayHelper(config), isRoot: config.user.uid === 0 },
    isWritable: () => log.mode().kind === "writable",
    report,
  });
  const hostNames = keepHostNames({
    ...core,
    log,
    clock,
    processes: systemProcesses,
    searchPath: config.searchPath,
    bridgeOf: namesFor(config.directory).bridge,
  });
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
    sunk: sink.view,
    report,
    ...parts,
    hostPorts: systemHostPorts,
    forwards,
    hostNames: hostNames.view,
    memoryBytes: host.memory,
    processors: host.processors,
    ...core,
  };
  const { vault } = parts;
  const metering = startMetering({ ...core, log, clock, guests, keyring });
  const door = createDoor({ ...core, config, ids });
  const window = createWindow({
    ...core,
    directory: config.directory,
    files,
    clock,
    ids,
    report,
    door,
    boot: self.bootId(),
    service: () => service,
  });
  const service: Service<Caller> = createService(daemon, { guests, keyring, vault, door, window, metering });
  await window.restore();
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
  return { core, guests, listening, window, metering, pruner, forwards, hostNames, anchor, sink };
}
