/** One backend and what is wanted of it: applied when that changes, and from time to time, one at a time. */
import { UserError, messageOf } from "../../errors.ts";
import type { NetworkBackend, NetworkWanted } from "../../networks/network.ts";
import type { Clock } from "../../sys/clock.ts";
import { codeOf } from "../reactor.ts";

/** What is there may have been changed by others, or have died. */
const againMs = 30_000;
const afterFailureMs = 5_000;
/** For one attempt. */
const applyMs = 30_000;

export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hints: UserError["hints"];
}

export interface Side {
  /** Something may have changed. */
  react(): void;
  /** Resolves when what is wanted now is there. Rejects with what the backend says, and with the signal's reason. */
  settled(signal: AbortSignal): Promise<void>;
  problem(): Problem | undefined;
  close(): Promise<void>;
}

interface Ports {
  readonly backend: NetworkBackend;
  readonly clock: Clock;
  /** `key` is another whenever there is something to do. */
  plan(): { readonly wanted: NetworkWanted; readonly key: string };
  /** It is so now. */
  applied(): void;
  /** Said once, as long as it stays the same. */
  report(line: string): void;
}

export function createSide({ backend, clock, plan, applied, report }: Ports): Side {
  const closing = new AbortController();
  const waiting = new Set<{ resolve(): void; reject(error: unknown): void }>();
  let done: string | undefined;
  let problem: Problem | undefined;
  let isRunning = false;
  /** It is to be made so though nothing has changed. */
  let isDue = true;
  let disarm = (): void => {};

  const isWanted = () => isDue || plan().key !== done;

  function react(): void {
    if (isRunning || closing.signal.aborted || !isWanted()) return;
    isRunning = true;
    void round().finally(() => {
      isRunning = false;
      react();
    });
  }

  async function round(): Promise<void> {
    disarm();
    isDue = false;
    const { wanted, key } = plan();
    const error = await attempt(wanted).then(
      () => undefined,
      (thrown: unknown) => thrown ?? new Error("no reason"),
    );
    if (closing.signal.aborted) return;
    // A failure is not tried again at once, unless something changes.
    done = key;
    note(error);
    again(error === undefined ? againMs : afterFailureMs);
    if (error === undefined) applied();
    if (isWanted()) return;
    for (const { resolve, reject } of waiting) {
      if (error === undefined) resolve();
      else reject(error);
    }
    waiting.clear();
  }

  async function attempt(wanted: NetworkWanted): Promise<void> {
    const limit = new AbortController();
    const late = new UserError("network-timeout", `the network was not there after ${applyMs / 1000} s`);
    const cancel = clock.after(applyMs, () => limit.abort(late));
    await backend.apply(wanted, AbortSignal.any([limit.signal, closing.signal])).finally(cancel);
  }

  function note(error: unknown): void {
    const before = problem?.message;
    problem =
      error === undefined
        ? undefined
        : { code: codeOf(error), message: messageOf(error), hints: error instanceof UserError ? error.hints : [] };
    if (problem && problem.message !== before) report(`network: ${problem.message}`);
  }

  function again(ms: number): void {
    disarm = clock.after(ms, () => {
      isDue = true;
      react();
    });
  }

  return {
    react,
    settled(signal) {
      if (!isRunning && !isWanted() && !problem) return Promise.resolve();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiter = { resolve, reject };
      const leave = () => reject(signal.reason);
      waiting.add(waiter);
      signal.addEventListener("abort", leave, { once: true });
      isDue ||= problem !== undefined;
      react();
      return promise.finally(() => {
        waiting.delete(waiter);
        signal.removeEventListener("abort", leave);
      });
    },
    problem: () => problem,
    async close() {
      disarm();
      closing.abort(new UserError("closing", "the daemon ends"));
      for (const { reject } of waiting) reject(closing.signal.reason);
      await backend.close(plan().wanted);
    },
  };
}
