/** What clients ask of the past: points, going back, forks, undo. */
import type { Request } from "./actions.ts";
import type { Life } from "./lives.ts";
import type { Random } from "./random.ts";

const caller = { actor: { kind: "user", id: "unix:1", name: "sim", role: "admin", via: "unix" } } as const;
const dayMs = 86_400_000;

/** A request about the past of `instance`, which may have none. */
export function askOfPast(random: Random, { core }: Life, command: string, instance: string): Request {
  const world = core.dispatcher.world();
  const points = world.instances.get(world.names.get(instance) ?? "")?.points ?? [];
  const point = points[random.below(Math.max(1, points.length))]?.name ?? "snapshot1";
  const isSo = random.chance(0.5);
  const of = (what: string, send: Request["send"]): Request => ({
    command,
    what: `${what} ${instance}@${point}`,
    send,
  });
  switch (random.below(8)) {
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
    case 6:
      return of("fork", (handlers) => handlers["instance.fork"]({ command, instance, point, starts: isSo }, caller));
    default:
      return of(isSo ? "undo" : "redo", async (handlers) => {
        const wanted = { isRedo: !isSo };
        const { operation } = await handlers["undo.plan"](wanted, caller);
        return handlers["undo.run"]({ command, ...wanted, planned: operation }, caller);
      });
  }
}
