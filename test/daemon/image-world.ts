/** A world with images, a dispatcher that decides and folds without a log, and a vault that only remembers what was removed. */
import { decide } from "../../src/events/decide.ts";
import type { Recorded } from "../../src/events/envelope.ts";
import { evolveWorld, type World } from "../../src/events/world.ts";
import type { Asked, Dispatcher } from "../../src/daemon/dispatch.ts";
import { type Fact, recordOf, second, worldOf } from "../spec.ts";

export const sha = (letter: string): string => letter.repeat(64);

export interface ImageWorld {
  readonly world: World;
  readonly dispatcher: Dispatcher;
  readonly vault: { remove(sha256: string): Promise<void>; list(): Promise<string[]> };
  readonly log: { read(query: { stream: string }): AsyncIterable<Recorded> };
  readonly removed: string[];
  /** Who asked for what was decided, in order. */
  readonly asked: Asked[];
}

/** `facts` are of the instance i-1; each image is known from the second that it is given with. */
export function imageWorld(
  facts: readonly Fact[],
  images: readonly { name: string; sha256: string; atSecond: number; digest?: string; host?: string }[],
  files: readonly string[] = images.map(({ sha256 }) => sha256),
): ImageWorld {
  const world = worldOf(facts);
  const records: Recorded[] = [];
  const record = (event: Parameters<typeof recordOf>[0], more: Partial<Recorded> = {}) => {
    const made = recordOf(event, world.position + 1, more);
    evolveWorld(world, made);
    records.push(made);
    return made;
  };
  for (const { name, sha256, atSecond, digest, host } of images) {
    const source =
      host !== undefined ? { host, version: "1", url: "http://lab.example/x", ...(digest && { digest }) } : undefined;
    const data = { sha256, name, title: name, bytes: 7, virtualSize: 9, format: "qcow2", ...(source && { source }) };
    record({ type: "image.added", version: 1, stream: `image/${sha256}`, data }, { time: second(atSecond) });
  }
  const removed: string[] = [];
  const asked: Asked[] = [];
  const dispatcher: Dispatcher = {
    world: () => world,
    read: async (compute) => compute(world),
    remembered: (command) => world.commands.get(command),
    async dispatch(command, by) {
      const events = decide(command, world);
      asked.push(by);
      return events.map((event) => record(event, by));
    },
  };
  const vault = {
    remove: async (sha256: string) => void removed.push(sha256),
    list: async () => [...files],
  };
  const log: ImageWorld["log"] = {
    async *read({ stream }) {
      yield* records.filter((each) => each.stream === stream);
    },
  };
  return { world, dispatcher, log, vault, removed, asked };
}
