/** The links of running machines: down while an instance is detached, so that its guest sees it; set anew at each start and after each change. */
import type { Driver } from "../../drivers/driver.ts";
import { messageOf } from "../../errors.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { Clock } from "../../sys/clock.ts";
import type { Dispatcher } from "../dispatch.ts";

const linkMs = 10_000;
const retryMs = 5_000;

interface Ports {
  readonly dispatcher: Pick<Dispatcher, "world">;
  readonly driver: Pick<Driver, "setLink">;
  readonly clock: Clock;
  /** The cable of one is plugged in. */
  readonly linked: (id: string) => void;
  readonly report: (line: string) => void;
}

export interface Links {
  react(): void;
  close(): void;
}

/** What was set in which run: `TIME up`. */
type Done = Map<string, string>;

export function setLinks({ dispatcher, driver, clock, linked, report }: Ports): Links {
  const done: Done = new Map();
  const busy = new Set<string>();
  const retries = new Map<string, () => void>();
  let isClosed = false;
  const { setLink } = driver;

  function react(): void {
    if (isClosed || !setLink) return;
    const { instances } = dispatcher.world();
    // The next run of one that is off is another one, also where a clock that went back gives it the same time.
    for (const id of done.keys()) if (wantedOf(instances.get(id)) === undefined) done.delete(id);
    for (const state of instances.values()) {
      const wanted = wantedOf(state);
      if (wanted === undefined || done.get(state.id) === wanted || busy.has(state.id) || retries.has(state.id))
        continue;
      busy.add(state.id);
      void set(state, wanted).finally(() => {
        busy.delete(state.id);
        react();
      });
    }
  }

  async function set({ id, name, detached }: InstanceState, wanted: string): Promise<void> {
    const limit = new AbortController();
    const cancel = clock.after(linkMs, () => limit.abort("link"));
    try {
      await setLink?.(id, detached === undefined, limit.signal);
      done.set(id, wanted);
      if (detached === undefined) linked(id);
    } catch (error) {
      if (isClosed) return;
      report(`link of ${name}: ${messageOf(error)}`);
      const again = () => {
        retries.delete(id);
        react();
      };
      retries.set(id, clock.after(retryMs, again));
    } finally {
      cancel();
    }
  }

  return {
    react,
    close() {
      isClosed = true;
      for (const cancel of retries.values()) cancel();
    },
  };
}

/** Nothing of a machine that does not run. */
const wantedOf = (state: InstanceState | undefined): string | undefined =>
  state?.power === "running" && state.running ? `${state.running.since} ${state.detached ? "down" : "up"}` : undefined;
