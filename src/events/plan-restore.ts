/** The planner of one restore or fork: what the command of it would do to the world of now, by the very rules that decide it. Pure. */
import { assert } from "../errors.ts";
import { differences } from "../model/differences.ts";
import { formatHostPort, isSamePort } from "../model/forward.ts";
import type { Point } from "../model/point.ts";
import type { PointPlan } from "../model/point-plan.ts";
import { decide } from "./decide.ts";
import type { InstanceCommand } from "./instance/commands.ts";
import { rewoundTo } from "./instance/decide-points.ts";
import { evolveInstance, type InstanceFact } from "./instance/evolve.ts";
import type { InstanceEvent } from "./instance/events.ts";
import type { InstanceState } from "./instance/state.ts";
import { viewInstance } from "./projections/instances.ts";
import type { World } from "./world.ts";

type Restore = Extract<InstanceCommand, { type: "restore" }>;
type Fork = Extract<InstanceCommand, { type: "fork" }>;

/** Throws what the command itself would be refused with. */
export function planRestore(command: Restore, state: InstanceState, point: Point, world: World): PointPlan {
  const intent = intentOf<"instance.restore-requested">(command, world);
  const { keep, forwards = [], isRunning, to } = intent.data;
  const asked = evolveInstance(state, factOf(intent, command, world));
  assert(asked, "a restore leaves its instance");
  const after = rewoundTo(asked).reduce(
    (from, event) => evolveInstance(from, factOf(event, command, world)) ?? from,
    asked,
  );
  const taken = (point.forwards ?? []).filter((each) => !forwards.some((other) => isSamePort(each, other)));
  return {
    changes: differences(viewInstance(state), viewInstance(after)),
    ...(keep && { branch: { name: keep.name, hasMemory: keep.memory !== undefined } }),
    stops: isRunning,
    ending: to.kept ? "goes on" : isRunning ? "boots" : "off",
    lost: [
      ...(keep ? [] : [`the state of ${state.name} until now, which is thrown away`]),
      ...taken.map((each) => `${formatHostPort(each)}, which leads to another instance by now`),
      "what left the machine: packets sent, writes to mounts",
    ],
  };
}

/** Throws what the command itself would be refused with. */
export function planFork(command: Fork, source: InstanceState, world: World): PointPlan & { readonly name: string } {
  const { name, starts, warm } = intentOf<"instance.fork-requested">(command, world).data;
  const { forwards = [] } = source;
  return {
    name,
    changes: [],
    stops: false,
    ending: starts ? (warm ? "goes on" : "boots") : "off",
    lost: forwards.map((each) => `${formatHostPort(each)}, which stays with ${source.name}`),
  };
}

type Intent<Type extends InstanceEvent["type"]> = Extract<InstanceEvent, { type: Type }>;

function intentOf<Type extends InstanceEvent["type"]>(command: Restore | Fork, world: World): Intent<Type> {
  const intent = decide(command, world).find(({ stream }) => stream === `instance/${command.id}`);
  assert(intent, `a ${command.type} is asked for by an event of its own`);
  return intent as unknown as Intent<Type>;
}

/** As if it were recorded now. */
const factOf = (event: InstanceEvent, { id, operation }: Restore | Fork, { time }: World): InstanceFact => ({
  ...event,
  id,
  time,
  operation,
});
