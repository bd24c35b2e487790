/** Compares what the log believes with what inspect() says, at start and on a timer; a difference becomes a command. */
import type { Driver, Happening } from "../drivers/driver.ts";
import { messageOf } from "../errors.ts";
import { daemonActor } from "../events/envelope.ts";
import type { InstanceCommand } from "../events/instance/commands.ts";
import type { InstanceState } from "../events/instance/state.ts";
import type { Clock } from "../sys/clock.ts";
import type { Files } from "../sys/files.ts";
import type { Ids } from "../sys/ids.ts";
import type { Dispatcher } from "./dispatch.ts";
import { addressOf, type GuestPort } from "./effects.ts";
import type { Keyring } from "./keyring.ts";
import { purgeMs } from "./periods.ts";
import { createResumer, type Resumer } from "./resume.ts";

const periodMs = 60_000;
/** How long one attempt to reach a silent guest may take. */
const reachMs = 120_000;
/** A purge that failed is tried again by itself after this time. */
const purgeAgainMs = 3_600_000;

export interface Reconciler {
  /** One comparison of everything. */
  reconcile(): Promise<void>;
  /** One comparison of one instance, in the background; if it is silent, it is asked again. */
  look(id: string): void;
  /** From now on: at every happening, and once per period. */
  start(): void;
  close(): void;
}

export interface ReconcileOptions {
  readonly dispatcher: Dispatcher;
  readonly driver: Driver;
  readonly guest: Pick<GuestPort, "reach" | "drop">;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly ids: Ids;
  /** What cannot be recorded is not looked for. */
  readonly isWritable: () => boolean;
  readonly react: () => void;
  /** Where machines write, to see whether there is space again. */
  readonly directory: string;
  readonly files: Pick<Files, "space">;
  readonly report: (line: string) => void;
}

export function createReconciler(options: ReconcileOptions): Reconciler {
  const { dispatcher, driver, clock, report } = options;
  const resumer = createResumer(options);
  const reaching = new Map<string, AbortController>();
  let isClosed = false;
  let disarm = (): void => {};
  let unwatch = (): void => {};

  const tell = (command: InstanceCommand) => tellDispatcher(options, command);

  async function reconcile(): Promise<void> {
    if (!options.isWritable()) return;
    await Promise.all([...dispatcher.world().instances.values()].map(compareOne));
    for (const state of dispatcher.world().instances.values()) reachAgain(state);
  }

  const compareOne = (state: InstanceState): Promise<void> =>
    compare(options, resumer, state).catch((error) => report(`reconcile ${state.name}: ${messageOf(error)}`));

  /** Goes on trying a guest that runs and does not answer; one attempt at a time. */
  function reachAgain(state: InstanceState): void {
    const isSilent = state.power === "running" && !state.reachable && !state.paused && !state.detached;
    if (isClosed || state.pending || !isSilent || reaching.has(state.id)) return;
    const attempt = new AbortController();
    reaching.set(state.id, attempt);
    const cancel = clock.after(reachMs, () => attempt.abort("timeout"));
    addressOf(options.keyring, state)
      .then((address) => options.guest.reach(state.id, address, attempt.signal))
      .then(() => tell({ type: "observe-reachable", id: state.id }))
      .catch(() => undefined)
      .finally(() => {
        cancel();
        reaching.delete(state.id);
      });
  }

  async function happened(id: string, happening: Happening): Promise<void> {
    const isSameGuest = happening.kind === "paused" || happening.kind === "resumed";
    if (!isSameGuest) options.guest.drop(id);
    if (!options.isWritable()) return;
    await tell(commandFor(id, happening));
    const state = dispatcher.world().instances.get(id);
    if (state && (happening.kind === "reset" || happening.kind === "resumed")) reachAgain(state);
  }

  async function tick(): Promise<void> {
    await reconcile();
    options.react();
    if (!isClosed) disarm = clock.after(periodMs, () => void tick());
  }

  return {
    reconcile,
    look(id) {
      const state = dispatcher.world().instances.get(id);
      if (!state || isClosed || !options.isWritable()) return;
      void compareOne(state).then(() => {
        const now = dispatcher.world().instances.get(id);
        if (now) reachAgain(now);
      });
    },
    start() {
      unwatch = driver.watch((id, happening) => {
        happened(id, happening).catch((error) => report(`${happening.kind} of ${id}: ${messageOf(error)}`));
      });
      disarm = clock.after(periodMs, () => void tick());
    },
    close() {
      isClosed = true;
      disarm();
      unwatch();
      for (const attempt of reaching.values()) attempt.abort("closing");
    },
  };
}

async function tellDispatcher({ dispatcher, ids }: ReconcileOptions, command: InstanceCommand): Promise<void> {
  if (!dispatcher.world().instances.has(command.id)) return;
  await dispatcher.dispatch(command, { by: daemonActor, command: ids.next() });
}

function commandFor(id: string, happening: Happening): InstanceCommand {
  switch (happening.kind) {
    case "ended":
      return {
        type: "observe-ended",
        id,
        cause: happening.cause,
        ...(happening.detail === undefined ? {} : { detail: happening.detail }),
      };
    case "reset":
      return { type: "observe-reset", id };
    case "panicked":
      return { type: "observe-panic", id };
    case "paused":
      return { type: "observe-paused", id, reason: happening.reason };
    case "resumed":
      return { type: "observe-resumed", id };
  }
}

/** What was inspected says nothing about a machine that was stopped or started meanwhile. */
const isUnchanged = (before: InstanceState, now: InstanceState | undefined): boolean =>
  now !== undefined && !now.pending && now.running === before.running && now.stopped === before.stopped;

/** One instance: believed power against found power; and the trash, whose time may be up. */
async function compare(options: ReconcileOptions, resumer: Resumer, state: InstanceState): Promise<void> {
  const { driver, dispatcher, clock, ids } = options;
  const seen = await driver.inspect(state.id);
  if (!isUnchanged(state, dispatcher.world().instances.get(state.id))) return;
  const now = clock.now();
  if (state.deleted && state.deleted.expires <= now.toISOString()) {
    if (state.lastFailure && now.getTime() - Date.parse(state.lastFailure.at) < purgeAgainMs) return;
    const deadline = new Date(now.getTime() + purgeMs).toISOString();
    const operation = ids.next();
    await dispatcher.dispatch(
      { type: "purge", id: state.id, operation, deadline, live: false },
      { by: daemonActor, command: ids.next(), operation, reason: "its time in the trash was over" },
    );
    return;
  }
  if (seen.power === "running") {
    const { ssh, accelerator, cpu, build } = seen.started;
    await tellDispatcher(options, { type: "observe-running", id: state.id, ssh, accelerator, cpu, build });
    await comparePause(options, resumer, state, seen.paused);
    return;
  }
  resumer.fine(state.id);
  if (seen.power === "suspended") {
    const { memoryBytes, build } = seen;
    await tellDispatcher(options, { type: "observe-suspended", id: state.id, memoryBytes, build });
    return;
  }
  if (state.power === "running" || state.power === "suspended") {
    await tellDispatcher(options, {
      type: "observe-ended",
      id: state.id,
      cause: seen.power === "off" ? seen.cause : "lost",
    });
  }
}

async function comparePause(
  options: ReconcileOptions,
  resumer: Resumer,
  { id, name }: InstanceState,
  reason: string | undefined,
): Promise<void> {
  if (reason === undefined) {
    resumer.fine(id);
    return tellDispatcher(options, { type: "observe-resumed", id });
  }
  await tellDispatcher(options, { type: "observe-paused", id, reason });
  await resumer.paused({ id, name }, reason);
}

/** Sessions that were open when the daemon died have ended with it. */
export async function closeLostSessions({
  dispatcher,
  ids,
}: Pick<ReconcileOptions, "dispatcher" | "ids">): Promise<void> {
  for (const { id, sessions } of dispatcher.world().instances.values()) {
    for (const session of Object.keys(sessions)) {
      await dispatcher.dispatch(
        { type: "session-end", id, session, result: "lost: the daemon ended" },
        { by: daemonActor, command: ids.next() },
      );
    }
  }
}
