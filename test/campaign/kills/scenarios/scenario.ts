/** What a scenario is: a state, and something done to it that is killed at every call. */
import type { Random } from "../../../simulation/random.ts";
import type { Fault } from "../faults.ts";
import type { Life } from "../life.ts";

export type Act = (life: Life, random: Random) => Promise<unknown>;

export interface Scenario {
  /** One word or two, as it is typed to replay a point. */
  readonly name: string;
  /** Lived in full before. Without it there is no data directory yet. */
  readonly before?: Act;
  /** Done to the files between the two lives. */
  readonly harm?: (root: string, random: Random) => void;
  /** Done by a daemon that is up; the end of its life is attacked too. */
  readonly act?: Act;
  /** The start of that daemon is attacked as well. */
  readonly isStartAttacked?: boolean;
  /** Instead of a daemon, `audit repair` from the copy in `copyIn(root)`. */
  readonly isRepair?: boolean;
  /** The host was started anew before the attacked life. */
  readonly isHostRebooted?: boolean;
  /** A disk that fails in the attacked life. */
  readonly fault?: (random: Random) => Fault;
  /** Small segments, so that they fill. */
  readonly segmentBytes?: number;
}

/** A whole copy of the data directory, made before the harm. */
export const copyIn = (root: string): string => `${root}/copy`;

/** `count` things of `make`, one after the other. */
export async function repeat(count: number, make: (index: number) => Promise<unknown>): Promise<void> {
  for (let index = 0; index < count; index++) await make(index);
}

/** `count` at once. */
export async function together(count: number, make: (index: number) => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => make(index)));
}

export const setKeep = (life: Life, days: number) =>
  life.call("settings.set", { key: "images.keep", value: `${days}d` });

export const launch = (life: Life, name: string, more: Record<string, unknown> = {}) =>
  life.call("instance.launch", { name, image: { name: "tiny" }, ...more });

/** Instances that run, as the scenario finds them. */
export const launched =
  (...names: string[]): Act =>
  async (life) => {
    for (const name of names) await launch(life, name);
    await life.idle();
  };

/** A call about the instance `web`, and its operation's end. */
export const about =
  (call: string, input: Record<string, unknown> = {}): Act =>
  async (life) => {
    await life.call(call, { instance: "web", ...input });
    await life.idle();
  };

/** One act after the other. */
export const all =
  (...acts: readonly Act[]): Act =>
  async (life, random) => {
    for (const act of acts) await act(life, random);
  };
