/** What clients ask of the past: points, going back, forks, undo. */
import type { Request } from "./actions.ts";
import type { Life } from "./lives.ts";
import type { Random } from "./random.ts";

const caller = { actor: { kind: "user", id: "unix:1", name: "sim", role: "admin", via: "unix" } } as const;
const dayMs = 86_400_000;
const pick = <Item>(random: Random, items: readonly Item[]): Item | undefined => items[random.below(items.length)];

/** A request about the past of an instance: mostly of one that has some and is not busy. */
export function askOfPast(random: Random, { core }: Life, command: string, any: string): Request {
  const world = core.dispatcher.world();
  const idle = [...world.instances.values()].filter(({ pending, deleted }) => !pending && !deleted);
  const past = idle.filter(({ points }) => points.length > 0);
  const state = pick(random, past.length > 0 && random.chance(0.8) ? past : idle);
  const instance = state?.name ?? any;
  const point = pick(random, state?.points ?? [])?.name ?? "snapshot1";
  const isSo = random.chance(0.5);
  const of = (what: string, send: Request["send"]): Request => ({
    command,
    what: `${what} ${instance}@${point}`,
    send,
  });
  // Of one without points, most that can be asked is a point.
  const choice = random.below(8);
  switch (state?.points.length === 0 && choice < 6 ? 0 : choice) {
    case 0:
    case 1:
    case 2: {
      const expires = random.chance(0.2) ? { expiresMs: dayMs } : {};
      const wanted = { command, instance, withMemory: isSo, ...expires, ...(random.chance(0.2) && { auto: true }) };
      return of("snapshot", (handlers) => handlers["point.snapshot"](wanted, caller));
    }
    case 3:
    case 4: {
      const wanted = { command, instance, point, discard: isSo, diskOnly: random.chance(0.2) };
      return of("restore", (handlers) => handlers["point.restore"](wanted, caller));
    }
    case 5:
      return random.chance(0.3)
        ? of("hold", (handlers) => handlers["point.hold"]({ command, instance, point, held: isSo }, caller))
        : of("delete", (handlers) => handlers["point.delete"]({ command, instance, point }, caller));
    case 6: {
      const wanted = { command, instance, point, starts: isSo, diskOnly: random.chance(0.2) };
      return of("fork", (handlers) => handlers["instance.fork"](wanted, caller));
    }
    default:
      return of(isSo ? "undo" : "redo", async (handlers) => {
        const wanted = { isRedo: !isSo };
        const { operation } = await handlers["undo.plan"](wanted, caller);
        return handlers["undo.run"]({ command, ...wanted, planned: operation }, caller);
      });
  }
}
