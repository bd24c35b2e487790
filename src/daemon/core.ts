/** The daemon's core behind its ports: log, fold, reactor, reconciler. The same code runs in a simulation. */
import type { Driver } from "../drivers/driver.ts";
import { daemonActor } from "../events/envelope.ts";
import { settingOf } from "../events/settings/settings.ts";
import type { EventLog } from "../events/store/log.ts";
import type { Vault } from "../images/vault.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import type { Ids } from "../sys/ids.ts";
import { createDispatcher, type Dispatcher } from "./dispatch.ts";
import { createEffects, type EffectsOptions, type GuestPort } from "./effects.ts";
import type { Keyring } from "./keyring.ts";
import { createProgressBoard, type ProgressBoard } from "./progress.ts";
import { createReactor, type Reactor } from "./reactor.ts";
import { closeLostSessions, createReconciler } from "./reconcile.ts";
import { keepCheckpoints, loadWorld } from "./state.ts";

export interface CoreOptions {
  readonly directory: string;
  readonly log: EventLog;
  readonly files: Files;
  /** Made once the settings are known. */
  readonly driver: (setting: (key: string) => string) => Driver;
  readonly vault: Pick<Vault, "add" | "find">;
  readonly folder: EffectsOptions["folder"];
  readonly keyring: Keyring;
  readonly guest: GuestPort;
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
  /** Lets go of everything; machines run on, pending operations stay pending. */
  close(why: string): Promise<void>;
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
  const imageOf = (sha256: string) => dispatcher.world().images.get(sha256);
  const driver = options.driver((key) => settingOf(dispatcher.world().settings, key));
  const effects = createEffects({ ...options, driver, imageOf });
  const reactor = createReactor({ dispatcher, effects, clock, ids, say: board.say, report });
  const reconciler = createReconciler({ ...options, driver, dispatcher, react: reactor.react });
  const note = (type: string, data: Record<string, unknown>) =>
    dispatcher.dispatch(
      { type: "note", event: { type, version: 1, stream: "daemon/daemon", data } },
      { by: daemonActor, command: ids.next() },
    );

  const isWritable = () => log.mode().kind === "writable";
  // Listening comes first: what happens while we compare must not be missed.
  reconciler.start();
  if (isWritable()) {
    await note("daemon.started", started);
    await closeLostSessions({ dispatcher, ids });
    await reconciler.reconcile();
  }
  const unsubscribe = log.subscribe(() => reactor.react());
  reactor.react();
  return {
    driver,
    dispatcher,
    reactor,
    board,
    async close(why) {
      unsubscribe();
      reconciler.close();
      await reactor.close();
      if (isWritable()) {
        await note("daemon.stopped", { pid: started.pid, why });
        await checkpoints.save();
      }
      await driver.close();
    },
  };
}
