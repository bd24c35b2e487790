/** Wraps any driver with a deadline per call and a bounded quick retry, so that no effect hangs on a backend that does. */
import { UserError, exitCodes } from "../errors.ts";
import type { Clock } from "../sys/clock.ts";
import type { Driver, SnapshotSupport } from "./driver.ts";
import type { ForwardSupport } from "./forwards.ts";
import type { MountSupport } from "./mounts.ts";
import type { LinkSupport } from "./links.ts";
import type { MetricSupport } from "./metrics.ts";

/** Space that stays free for the log, for stops and for deletes. */
export const freeBytesFloor = 2 ** 30;

/** Milliseconds. A graceful stop has none of its own: its caller decides how long the guest may take. */
const deadlines = {
  check: 30_000,
  image: 40_000,
  create: 60_000,
  start: 60_000,
  stop: 30_000,
  suspend: 240_000,
  instruct: 90_000,
  identify: 150_000,
  link: 20_000,
  resize: 60_000,
  resume: 30_000,
  forward: 30_000,
  inspect: 30_000,
  destroy: 60_000,
  freeze: 240_000,
  written: 10_000,
  "check-point": 30_000,
  rewind: 60_000,
  discard: 60_000,
  merge: 900_000,
  extract: 1_800_000,
  take: 3_600_000,
  server: 90_000,
  plug: 60_000,
  metrics: 2_000,
} as const;

type Call = keyof typeof deadlines;
type Limit = <Value>(call: Call, signal: AbortSignal, work: (signal: AbortSignal) => Promise<Value>) => Promise<Value>;

/** Whoever gives these up has to know on which layer the disk stands, so the driver may say what became of it for a while. */
const settles: ReadonlySet<Call> = new Set(["freeze", "rewind"]);
const settleMs = 30_000;

/** What may be gone at the next attempt, and is safe to attempt since every call is idempotent. */
const passing: ReadonlySet<string> = new Set(["qmp-closed", "qmp-timeout", "machine-unreachable"]);
const attemptsMax = 3;
const pauseMs = 100;

/** The same driver; a call that outlasts its deadline rejects with `driver-timeout`, even when the driver ignores the signal. */
export function withLimits(driver: Driver, clock: Clock): Driver {
  const limit: Limit = (call, signal, work) =>
    withRetry(clock, signal, () => withDeadline(clock, `${driver.name} ${call}`, call, signal, work));
  const never = new AbortController().signal;
  const { setLink } = driver;
  return {
    ...driver,
    snapshots: limitSnapshots(driver.snapshots, limit),
    ...(driver.forwards && { forwards: limitForwards(driver.forwards, limit) }),
    ...(driver.metrics && { metrics: limitMetrics(driver.metrics, limit) }),
    ...(driver.mounts && { mounts: limitMounts(driver.mounts, limit) }),
    images: {
      inspect: (path, signal) => limit("image", signal, (limited) => driver.images.inspect(path, limited)),
      extract: (from, target, signal) =>
        limit("extract", signal, (limited) => driver.images.extract(from, target, limited)),
    },
    check: (signal) => limit("check", signal, (limited) => driver.check(limited)),
    create: (id, plan, signal) => limit("create", signal, (limited) => driver.create(id, plan, limited)),
    start: (id, plan, signal) => limit("start", signal, (limited) => driver.start(id, plan, limited)),
    stop: (id, how, signal) =>
      how === "graceful"
        ? untilAborted(signal, driver.stop(id, how, signal))
        : limit("stop", signal, (limited) => driver.stop(id, how, limited)),
    suspend: (id, signal) => limit("suspend", signal, (limited) => driver.suspend(id, limited)),
    instruct: (id, script, signal) => limit("instruct", signal, (limited) => driver.instruct(id, script, limited)),
    identify: (id, plan, signal) => limit("identify", signal, (limited) => driver.identify(id, plan, limited)),
    ...(driver.links && { links: limitLinks(driver.links, limit) }),
    resize: (id, plan, signal) => limit("resize", signal, (limited) => driver.resize(id, plan, limited)),
    resume: (id, signal) => limit("resume", signal, (limited) => driver.resume(id, limited)),
    ...(setLink && { setLink: (id, isUp, signal) => limit("link", signal, (limited) => setLink(id, isUp, limited)) }),
    inspect: (id) => limit("inspect", never, () => driver.inspect(id)),
    destroy: (id, layers, signal) => limit("destroy", signal, (limited) => driver.destroy(id, layers, limited)),
  };
}

const limitForwards = ({ apply }: ForwardSupport, limit: Limit): ForwardSupport => ({
  apply: (id, plan, signal) => limit("forward", signal, (limited) => apply(id, plan, limited)),
});

function limitSnapshots(snapshots: SnapshotSupport, limit: Limit): SnapshotSupport {
  const { freeze, isWritten, check, rewind, merge, take, discard, empty } = snapshots;
  return {
    freeze: (id, plan, signal) => limit("freeze", signal, (limited) => freeze(id, plan, limited)),
    isWritten: (layer, signal) => limit("written", signal, (limited) => isWritten(layer, limited)),
    check: (at, signal) => limit("check-point", signal, (limited) => check(at, limited)),
    rewind: (id, plan, signal) => limit("rewind", signal, (limited) => rewind(id, plan, limited)),
    merge: (plan, signal) => limit("merge", signal, (limited) => merge(plan, limited)),
    take: (plan, signal) => limit("take", signal, (limited) => take(plan, limited)),
    discard: (what, signal) => limit("discard", signal, (limited) => discard(what, limited)),
    empty: (ms, signal) => limit("discard", signal, (limited) => empty(ms, limited)),
  };
}

function limitMounts(mounts: MountSupport, limit: Limit): MountSupport {
  return {
    ...mounts,
    server: (signal) => limit("server", signal, (limited) => mounts.server(limited)),
    door: (id, tag, signal) => limit("plug", signal, (limited) => mounts.door(id, tag, limited)),
    attach: (id, tag, signal) => limit("plug", signal, (limited) => mounts.attach(id, tag, limited)),
    detach: (id, tag, signal) => limit("plug", signal, (limited) => mounts.detach(id, tag, limited)),
    attached: (id, signal) => limit("plug", signal, (limited) => mounts.attached(id, limited)),
  };
}
const limitLinks = ({ plug, isPlugged, unplug }: LinkSupport, limit: Limit): LinkSupport => ({
  plug: (id, cables, signal) => limit("link", signal, (limited) => plug(id, cables, limited)),
  isPlugged: (id, signal) => limit("link", signal, (limited) => isPlugged(id, limited)),
  unplug: (id, signal) => limit("link", signal, (limited) => unplug(id, limited)),
});

const limitMetrics = ({ read }: MetricSupport, limit: Limit): MetricSupport => ({
  read: (id, signal) => limit("metrics", signal, (limited) => read(id, limited)),
});

async function withDeadline<Value>(
  clock: Clock,
  what: string,
  call: Call,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const ms = deadlines[call];
  const late = new UserError("driver-timeout", `${what} took more than ${ms / 1000} s`, { exit: exitCodes.timeout });
  const deadline = abortAfter(clock, ms, late);
  const limited = AbortSignal.any([signal, deadline.signal]);
  const patience = settles.has(call) ? abortedFor(clock, settleMs, limited) : { signal: limited, cancel: () => {} };
  return untilAborted(patience.signal, work(limited)).finally(() => {
    deadline.cancel();
    patience.cancel();
  });
}

interface Timed {
  readonly signal: AbortSignal;
  cancel(): void;
}

function abortAfter(clock: Clock, ms: number, reason: unknown): Timed {
  const controller = new AbortController();
  return { signal: controller.signal, cancel: clock.after(ms, () => controller.abort(reason)) };
}

/** Aborts when `signal` has been aborted for `ms`. */
function abortedFor(clock: Clock, ms: number, signal: AbortSignal): Timed {
  const controller = new AbortController();
  let stop = () => {};
  const wait = () => (stop = clock.after(ms, () => controller.abort(signal.reason)));
  if (signal.aborted) wait();
  signal.addEventListener("abort", wait, { once: true });
  const cancel = () => {
    signal.removeEventListener("abort", wait);
    stop();
  };
  return { signal: controller.signal, cancel };
}

/** What `work` gives, or the signal's reason when that comes first. */
function untilAborted<Value>(signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

async function withRetry<Value>(clock: Clock, signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; attempt < attemptsMax; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof UserError && passing.has(error.code))) throw error;
    }
    await clock.sleep(pauseMs * attempt, signal);
  }
  return work();
}
