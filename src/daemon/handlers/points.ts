/** The calls about points: making them, going back, keeping and dropping them. */
import type { CallHandlers } from "../../api/server.ts";
import { viewPoints } from "../../events/projections/points.ts";
import type { World } from "../../events/world.ts";
import { parsePointName } from "../../model/point-word.ts";
import { findPoint } from "../find-point.ts";
import { filesOf, pointIn, withPlace } from "../past-files.ts";
import { resolveInstance } from "../resolve.ts";
import { admitBytes } from "./admission.ts";
import { restoreCommand } from "../point-commands.ts";
import { answerAgain, change } from "./change.ts";
import type { Caller, Daemon } from "./context.ts";
import { planPoint } from "./point-plan.ts";

/** Memory of some gigabytes onto a slow disk. */
const snapshotMs = 300_000;
const recordMs = 60_000;
/** A file system that is looked at for longer is no answer any more. */
const listMs = 60_000;

type Names =
  | "point.snapshot"
  | "point.restore"
  | "point.plan"
  | "point.delete"
  | "point.hold"
  | "point.find"
  | "point.tree"
  | "point.files";

export function pointHandlers(daemon: Daemon): Pick<CallHandlers<Caller>, Names> {
  const { dispatcher, clock, ids, log } = daemon;
  const nowMs = () => clock.now().getTime();
  const inMs = (ms: number) => new Date(nowMs() + ms).toISOString();
  const opens = (id: string, operation: string, ms: number) => ({ id, operation, deadline: inMs(ms) });
  const find = (instance: string, word: string) =>
    findPoint(log, resolveInstance(dispatcher.world(), instance), word, nowMs());
  /** A repeat is answered before anything is looked up: its point may be gone by now. */
  const onPoint = async (
    input: { command: string; instance: string; point: string; reason?: string | undefined },
    caller: Caller,
    type: "delete-snapshot" | "hold" | "release",
    note: string,
  ) => {
    const seen = dispatcher.remembered(input.command);
    if (seen) return answerAgain(daemon, seen);
    const { point } = await find(input.instance, input.point);
    const build = (world: World, operation: string) =>
      ({ type, point: point.id, ...opens(resolveInstance(world, input.instance).id, operation, recordMs) }) as const;
    return change(daemon, caller, input, build, note);
  };
  return {
    "point.snapshot": async (input, caller) => {
      const seen = dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const { name, comment, expiresMs, withMemory, auto } = input;
      const { specs } = resolveInstance(dispatcher.world(), input.instance);
      await admitBytes(daemon, `a snapshot of "${input.instance}"`, withMemory ? specs.memory : 0);
      const wanted = {
        id: ids.next(),
        kind: auto === true ? ("auto" as const) : ("snapshot" as const),
        next: ids.next(),
        ...(name !== undefined && { name: parsePointName(name) }),
        ...(withMemory && { memory: ids.next() }),
        ...(comment !== undefined && { comment }),
        ...(expiresMs !== undefined && { expires: inMs(expiresMs) }),
      };
      const build = (world: World, operation: string) =>
        ({
          type: "snapshot",
          wanted,
          ...opens(resolveInstance(world, input.instance).id, operation, snapshotMs),
        }) as const;
      return change(daemon, caller, input, build, "");
    },
    "point.restore": async (input, caller) => {
      const seen = dispatcher.remembered(input.command);
      if (seen) return answerAgain(daemon, seen);
      const { instance, discard } = input;
      const { specs, power } = resolveInstance(dispatcher.world(), instance);
      const { point } = await find(instance, input.point);
      await admitBytes(
        daemon,
        `keeping the present of "${instance}"`,
        power === "running" && !discard ? specs.memory : 0,
      );
      const build = restoreCommand(daemon, input, point);
      return change(daemon, caller, input, build, "");
    },
    "point.plan": (input) => planPoint(daemon, input),
    "point.delete": (input, caller) => onPoint(input, caller, "delete-snapshot", "is gone already"),
    "point.hold": (input, caller) =>
      onPoint(input, caller, input.held ? "hold" : "release", input.held ? "is held already" : "is not held"),
    "point.files": async ({ instance, point, path }, _caller) => {
      const { layer } = await pointIn(daemon, instance, point);
      const found = await filesOf(daemon.driver)
        .list(layer, path, AbortSignal.timeout(listMs))
        .catch((error: unknown) => Promise.reject(withPlace(error, { instance, point })));
      return { entries: found.entries.map((entry) => ({ ...entry })), isCut: found.isCut };
    },
    "point.find": ({ instance, point }) => find(instance, point),
    "point.tree": ({ instance }) =>
      dispatcher.read((world) =>
        (instance === undefined ? [...world.instances.values()] : [resolveInstance(world, instance)]).map((state) =>
          viewPoints(state, world.layers),
        ),
      ),
  };
}
