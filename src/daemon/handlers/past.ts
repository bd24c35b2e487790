/** The calls about how things were: answered from the log alone. */
import type { CallHandlers } from "../../api/server.ts";
import { viewImages } from "../../events/projections/images.ts";
import { viewInstance, viewInstances } from "../../events/projections/instances.ts";
import { viewPoints } from "../../events/projections/points.ts";
import type { InstanceState } from "../../events/instance/state.ts";
import type { EventLog } from "../../events/store/log.ts";
import { beforeBeginning, type Past, type Then } from "../past.ts";
import { resolveInstance } from "../resolve.ts";
import { rowsOf } from "./configuration.ts";
import type { Caller, Daemon } from "./context.ts";

type Names = `past.${"instances" | "images" | "points" | "settings"}`;

export function pastHandlers(daemon: Daemon, past: Past): Pick<CallHandlers<Caller>, Names> {
  return {
    "past.instances": ({ at, instances }) =>
      past.at(at, async (then) => {
        if (instances === undefined) return { asOf: then.asOf, instances: viewInstances(then.world) };
        const found = [];
        for (const name of instances) found.push(viewInstance(await resolveThen(daemon, then, name)));
        return { asOf: then.asOf, instances: found };
      }),
    "past.images": ({ at }) => past.at(at, ({ asOf, world }) => ({ asOf, images: viewImages(world) })),
    "past.points": ({ at, instance }) =>
      past.at(at, async (then) => {
        const { world } = then;
        const those =
          instance === undefined ? [...world.instances.values()] : [await resolveThen(daemon, then, instance)];
        return { asOf: then.asOf, points: those.map((state) => viewPoints(state, world.layers)) };
      }),
    "past.settings": ({ at, key }) =>
      past.at(at, ({ asOf, world }) => ({
        asOf,
        settings: rowsOf(world, key),
      })),
  };
}

/** By its name of then, or else its name of now. Throws `before-beginning` for one that came later, and `instance-not-found`. */
async function resolveThen({ dispatcher, log }: Daemon, then: Then, nameOrId: string): Promise<InstanceState> {
  const { world, asOf } = then;
  const now = dispatcher.world();
  const living = world.names.has(nameOrId) ? undefined : now.instances.get(now.names.get(nameOrId) ?? nameOrId);
  const renamed = living && world.instances.get(living.id);
  if (renamed) return renamed;
  try {
    return resolveInstance(world, nameOrId);
  } catch (notFound) {
    const launchedAt = living?.createdAt ?? (await launchAfter(log, asOf.position, nameOrId));
    if (launchedAt === undefined) throw notFound;
    throw beforeBeginning(`instance "${nameOrId}" did not exist yet at ${asOf.time}: it was launched at ${launchedAt}`);
  }
}

/** When the first instance of that name behind a position was launched; for those that are gone since. */
async function launchAfter(log: EventLog, position: number, name: string): Promise<string | undefined> {
  for await (const { type, data, time } of log.read({ after: position }))
    if (type === "instance.launch-requested" && data["name"] === name) return time;
  return undefined;
}
