/** Files out of points: found by instance and point, read by the driver, without the machine. */
import type { Driver } from "../drivers/driver.ts";
import type { FileSupport } from "../drivers/past-files.ts";
import { exitCodes, type Hint, UserError } from "../errors.ts";
import type { Point } from "../model/point.ts";
import { findPoint } from "./find-point.ts";
import type { Daemon } from "./handlers/context.ts";
import { resolveInstance } from "./resolve.ts";

/** Throws as `findPoint` does. */
export async function pointIn(
  { log, dispatcher, clock }: Pick<Daemon, "log" | "dispatcher" | "clock">,
  instance: string,
  word: string,
): Promise<Point> {
  const state = await dispatcher.read((world) => resolveInstance(world, instance));
  return (await findPoint(log, state, word, clock.now().getTime())).point;
}

/** What the driver says, with the command that shows what there is. */
export function withPlace(error: unknown, { instance, point }: { instance: string; point: string }): unknown {
  if (!(error instanceof UserError) || error.code !== "path-not-found" || error.hints.length > 0) return error;
  const hints: Hint[] = [["next", `strata transfer ${instance}@${point}:/ --list`]];
  return new UserError(error.code, error.message, { exit: error.exit, hints, cause: error });
}

/** Throws `files-unavailable` where the driver cannot look into a disk. */
export function filesOf({ files, name }: Driver): FileSupport {
  if (files) return files;
  throw new UserError("files-unavailable", `the driver ${name} cannot read files out of a disk`, {
    exit: exitCodes.failed,
    hints: [["next", "strata restore INSTANCE@POINT"]],
  });
}
