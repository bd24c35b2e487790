/** The daemon's core behind its ports: log, fold, reactor, reconciler. The same code runs in a simulation. */
import type { Driver } from "../drivers/driver.ts";
import { messageOf } from "../errors.ts";
import { daemonActor } from "../events/envelope.ts";
import { settingOf } from "../events/settings/settings.ts";
import type { EventLog } from "../events/store/log.ts";
import type { Supply } from "../images/supply.ts";
import type { Vault } from "../images/vault.ts";
import type { MountType } from "../model/mount.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import type { Ids } from "../sys/ids.ts";
import { autostart } from "./autostart.ts";
import { type CloudInitStore, createCloudInitStore } from "./cloud-init.ts";
import { createDispatcher, type Dispatcher } from "./dispatch.ts";
import { createEffects, type EffectsOptions, type GuestPort } from "./effects.ts";
import { startKeeper } from "./keeping.ts";
import { tidyImports } from "./import-tidy.ts";
import { createMounts } from "./mounts/mounts.ts";
import type { MountWay } from "./mounts/way.ts";
import type { Keyring } from "./keyring.ts";
import { keepLifetimes } from "./lifetimes.ts";
import { type Backends, keepNetworks, type NetworkKeeper } from "./networks/keeper.ts";
import type { Orders } from "./orders.ts";
import { removeOrphans } from "./pruning.ts";
import { createProgressBoard, type ProgressBoard } from "./progress.ts";
import { createReactor, type Reactor } from "./reactor.ts";
import { createRollbackRunner } from "./rollback.ts";
import { keepWarning } from "./warnings.ts";
import { closeLostSessions, createReconciler } from "./reconcile.ts";
import { keepCheckpoints, loadWorld } from "./state.ts";

export interface CoreOptions {
  readonly directory: string;
  readonly log: EventLog;
  readonly files: Files;
  /** Made once the settings are known. */
  readonly driver: (setting: (key: string) => string) => Driver;
  readonly vault: Pick<Vault, "add" | "find" | "make" | "list" | "remove">;
  readonly folder: EffectsOptions["folder"];
  /** Made with the driver and the settings. */
  readonly supply: (driver: Driver, setting: (key: string) => string) => Supply;
  /** Made with the driver, whose machines it connects. */
  readonly backends?: (driver: Driver) => Backends;
  readonly orders: Orders;
  readonly keyring: Keyring;
  readonly guest: GuestPort;
  /** How mounts are made, by their types. */
  readonly ways: Readonly<Record<MountType, MountWay>>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly report: (line: string) => void;
  /** What `daemon.started` records. */
  readonly started: { version: string; pid: number; boot: string };
}

export interface Core {
  readonly driver: Driver;
  readonly dispatcher: Dispatcher;
  readonly reactor: Reactor;
  readonly board: ProgressBoard;
  readonly cloudInit: CloudInitStore;
  readonly supply: Supply;
  readonly networks: NetworkKeeper;
  /** Lets go of everything; machines run on, pending operations stay pending. */
  close(why: string): Promise<void>;
}

/** A machine that does not tell how it is keeps nobody waiting for the daemon longer than this. */
const firstLookMs = 3_000;

/** Resolves with `work`, or when its time is up; the work goes on. */
async function withinMs(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const disarm = clock.after(ms, late.resolve);
  await Promise.race([work, late.promise]);
  disarm();
}

/** Loads, records the start, finds the machines again, and takes up what is pending. */
export async function startCore(options: CoreOptions): Promise<Core> {
  const { log, clock, ids, report, started } = options;
  const stateOptions = { directory: options.directory, files: options.files, log };
  const world = await loadWorld(stateOptions);
  const dispatcher = createDispatcher({
    log,
    world,
    rebuild: (upTo) => loadWorld(stateOptions, upTo),
    nowMs: () => clock.now().getTime(),
  });
  const checkpoints = keepCheckpoints(stateOptions, dispatcher.world, report);
  const board = createProgressBoard();
  const images = () => dispatcher.world().images;
  const layers = () => dispatcher.world().layers;
  const setting = (key: string) => settingOf(dispatcher.world().settings, key);
  const driver = options.driver(setting);
  const supply = options.supply(driver, setting);
  const cloudInit = createCloudInitStore(`${options.directory}/cloud-init`, options.files);
  const isWritable = () => log.mode().kind === "writable";
  const backends = options.backends?.(driver) ?? {};
  const look = (id: string) => reconciler.look(id);
  const networks = keepNetworks({ ...options, dispatcher, driver, backends, isWritable, linked: look });
  const mounts = createMounts({ ...options, dispatcher, isWritable });
  const effects = createEffects({ ...options, driver, images, layers, supply, cloudInit, mounts, networks });
  const reactor = createReactor({ dispatcher, effects, clock, ids, isWritable, failed: look, say: board.say, report });
  const reconciler = createReconciler({ ...options, driver, dispatcher, isWritable, react: reactor.react });
  const note = (type: string, data: Record<string, unknown>) =>
    dispatcher.dispatch(
      { type: "note", event: { type, version: 1, stream: "daemon/daemon", data } },
      { by: daemonActor, command: ids.next() },
    );

  // Before anything is brought: what no event names now is left of a life that was cut short.
  await removeOrphans({ dispatcher, vault: options.vault, isWritable }).catch((error: unknown) =>
    report(messageOf(error)),
  );
  // Listening comes first: what happens while we compare must not be missed.
  reconciler.start();
  try {
    if (isWritable()) await note("daemon.started", started);
    if (isWritable()) await closeLostSessions({ dispatcher, ids });
    // A log that is only partly readable does not tell which texts are needed.
    const isKnown = (id: string) => dispatcher.world().instances.has(id);
    if (isWritable()) await cloudInit.collect(isKnown).catch((error) => report(`cloud-init: ${messageOf(error)}`));
  } catch (error) {
    // A disk that takes no more ends changes, not the daemon: who looks or enters a guest is still served.
    if (isWritable()) throw error;
    report(`read-only: ${messageOf(error)}`);
  }
  const looking = reconciler.reconcile().then(async () => {
    if (isWritable()) await autostart({ dispatcher, clock, ids, boot: started.boot, report });
  });
  looking.catch((error: unknown) => report(`autostart: ${messageOf(error)}`));
  await withinMs(clock, firstLookMs, looking);
  networks.start();
  const keeper = startKeeper({ ...options, dispatcher, driver, isWritable });
  const rollbacks = createRollbackRunner({ dispatcher, log, clock, ids, isWritable, react: reactor.react, report });
  const unsubscribe = log.subscribe(() => {
    reactor.react();
    rollbacks.react();
  });
  const stopTidying = tidyImports({ log, vault: options.vault, report });
  const endLifetimes = keepLifetimes({ ...options, dispatcher, isWritable, react: reactor.react });
  const endWarnings = keepWarning({ ...options, dispatcher });
  reactor.react();
  rollbacks.react();
  mounts.react();
  return {
    driver,
    dispatcher,
    reactor,
    board,
    cloudInit,
    supply,
    networks,
    async close(why) {
      unsubscribe();
      stopTidying();
      endLifetimes();
      endWarnings();
      reconciler.close();
      keeper.close();
      mounts.close();
      rollbacks.close();
      await reactor.close();
      await networks.close();
      if (isWritable())
        await note("daemon.stopped", { pid: started.pid, why }).then(checkpoints.save, (error) =>
          report(`stopping: ${messageOf(error)}`),
        );
      await driver.close();
    },
  };
}
