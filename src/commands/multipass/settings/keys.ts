/** Every key that there is. */
import type { MultipassContext } from "../context.ts";
import { UserError, exitCodes } from "../../../errors.ts";
import { clientKeys } from "./client.ts";
import { daemonSettings } from "./daemon.ts";
import { instanceProperties, snapshotProperties } from "./key.ts";

/** In their order; those of the client alone where no daemon answers, which is said. */
export async function allKeys(context: Pick<MultipassContext, "api" | "say">): Promise<readonly string[]> {
  const daemons = await daemonKeys(context).catch((error: unknown) => {
    if (!(error instanceof UserError) || error.exit !== exitCodes.unreachable) throw error;
    context.say("Could not reach daemon.");
    return [];
  });
  return [...clientKeys, ...daemons].toSorted();
}

async function daemonKeys({ api }: Pick<MultipassContext, "api">): Promise<readonly string[]> {
  const [instances, trees] = await Promise.all([api.call("instance.list", {}), api.call("point.tree", {})]);
  return [
    ...Object.keys(daemonSettings),
    ...instances.flatMap(({ name }) => instanceProperties.map((property) => `local.${name}.${property}`)),
    ...trees.flatMap(({ instance, points }) =>
      points
        .filter(({ kind }) => kind === "snapshot")
        .flatMap((point) => snapshotProperties.map((property) => `local.${instance.name}.${point.name}.${property}`)),
    ),
  ];
}
