/** An answer of the daemon that is asked for when it is first looked at, and anew when it is out of date. */
import { type Signal, signal } from "@preact/signals";

export interface Resource<Value> {
  readonly value: Signal<Value | undefined>;
  /** Why the last try failed; undefined when it did not. */
  readonly error: Signal<unknown>;
  /** Somebody looks at it: asks when it is not there or out of date. Answers how to stop looking. */
  look(): () => void;
  /** Out of date: asked anew when somebody looks, else at the next look. */
  expire(): Promise<void>;
}

export function createResource<Value>(ask: () => Promise<Value>): Resource<Value> {
  const value = signal<Value | undefined>(undefined);
  const error = signal<unknown>(undefined);
  let lookers = 0;
  let isFresh = false;
  let turn = 0;

  const load = async () => {
    isFresh = true;
    const mine = ++turn;
    try {
      const answer = await ask();
      // Of two that were under way, the later one counts.
      if (mine !== turn) return;
      value.value = answer;
      error.value = undefined;
    } catch (reason) {
      if (mine !== turn) return;
      isFresh = false;
      error.value = reason;
    }
  };
  return {
    value,
    error,
    look() {
      lookers += 1;
      if (!isFresh) void load();
      return () => {
        lookers -= 1;
      };
    },
    async expire() {
      isFresh = false;
      if (lookers > 0) await load();
    },
  };
}
