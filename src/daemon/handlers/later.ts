/** The calls about a stop that comes later: written down here, done by lifetimes.ts, told by warnings.ts. */
import type { CallHandlers } from "../../api/server.ts";
import type { World } from "../../events/world.ts";
import { resolveInstance } from "../resolve.ts";
import { change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";

const recordMs = 60_000;

type Names = "instance.stop-later" | "instance.stop-never";

export function laterHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, Names> {
  const fromNow = (ms: number) => new Date(daemon.clock.now().getTime() + ms).toISOString();
  const opens = (world: World, instance: string, operation: string) => ({
    id: resolveInstance(world, instance).id,
    operation,
    deadline: fromNow(recordMs),
  });
  return {
    "instance.stop-later": ({ inMs, instance, ...input }, caller) => {
      const build = (world: World, operation: string) =>
        ({ type: "stop-later", at: fromNow(inMs), inMs, ...opens(world, instance, operation) }) as const;
      return change(daemon, caller, input, build, "is stopped already");
    },
    "instance.stop-never": ({ instance, ...input }, caller) => {
      const build = (world: World, operation: string) =>
        ({ type: "stop-never", ...opens(world, instance, operation) }) as const;
      return change(daemon, caller, input, build, "is not to be stopped");
    },
  };
}
