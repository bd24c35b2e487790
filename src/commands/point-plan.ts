/** The dry run of `restore` and `fork`: what the daemon says that they would do. */
import { exitCodes } from "../errors.ts";
import type { PointAddress } from "../model/point-word.ts";
import { pointPlanView } from "../render/point-plan.ts";
import type { Context, Shape } from "./context.ts";
import { wordFor } from "./points.ts";

interface Wanted {
  readonly what: "restore" | "fork";
  readonly discard: boolean;
  readonly "disk-only": boolean;
  readonly starts: boolean;
  readonly name?: string;
}

export async function showPlan(
  context: Context,
  { instance, point }: PointAddress & { readonly point: string },
  { what, discard, "disk-only": diskOnly, starts, name }: Wanted,
  shape: Shape,
): Promise<number> {
  const plan = await context.api.call("point.plan", {
    what,
    instance,
    point: wordFor(context, point),
    discard,
    diskOnly,
    starts,
    ...(name !== undefined && { name }),
  });
  await context.show(pointPlanView(what, instance, plan), shape);
  return exitCodes.ok;
}
