/**
 * A random sequence of operations, all of them undone, all of them done again: the state is that of before. One seed is one run:
 * `bun test/simulation/round-trip.ts FIRST [COUNT]`.
 */
import { UserError } from "../../src/errors.ts";
import { begin, type Life, settle } from "./lives.ts";
import type { Random } from "./random.ts";
import { createSimulation, note, type Simulation } from "./simulation.ts";

const operationsMax = 50;
const stepsMax = 5_000;
const names = ["a", "b", "c"];
const caller = { actor: { kind: "user", id: "unix:1", name: "sim", role: "admin", via: "unix" } } as const;

type Handlers = Life["handlers"];
type Ask = (handlers: Handlers, command: string) => Promise<unknown>;

const pick = <Item>(random: Random, items: readonly Item[]): Item | undefined => items[random.below(items.length)];

/** Throws what is different at the end, with what happened before it. */
export async function roundTrip(seed: number): Promise<{ operations: number; undone: number }> {
  const simulation = createSimulation(seed);
  simulation.trouble.end();
  simulation.machines.faults.length = 0;
  const life = await begin(simulation);
  if (!life) throw new Error("the daemon does not start");
  try {
    return await goAndComeBack(simulation, life);
  } catch (cause) {
    const message = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    throw new Error(`seed ${seed}: ${message}\n${simulation.trace.join("\n")}`, { cause });
  }
}

async function goAndComeBack(simulation: Simulation, life: Life): Promise<{ operations: number; undone: number }> {
  for (let count = 0; count < operationsMax; count++) await carryOut(simulation, life, madeUp(simulation, life));
  const full = stateOf(simulation, life);
  const newest = life.core.dispatcher.world().nextNumber - 1;
  const undone: number[] = [];
  for (let number = newest; number >= 1; number--) {
    await switchOff(simulation, life);
    const isDone = await carryOut(simulation, life, undo(false, number));
    if (isDone) undone.push(number);
  }
  for (const number of undone.toReversed()) {
    await switchOff(simulation, life);
    if (await carryOut(simulation, life, undo(true))) continue;
    throw new Error(`operation ${number} is not done again`);
  }
  const [left, right] = [JSON.stringify(full), JSON.stringify(stateOf(simulation, life))];
  if (left !== right) throw new Error(`was  ${left}\nis   ${right}`);
  return { operations: newest, undone: undone.length };
}

/** What runs is not undone, and what a machine is made of changes only while it is off. */
async function switchOff(simulation: Simulation, life: Life): Promise<void> {
  for (const { name, power } of life.core.dispatcher.world().instances.values()) {
    if (power !== "running" && power !== "suspended") continue;
    const send: Ask = (handlers, command) =>
      handlers["instance.stop"]({ command, instance: name, force: true }, caller);
    await carryOut(simulation, life, { what: `stop ${name}`, send });
  }
}

/** To its end; false when it was refused. */
async function carryOut(simulation: Simulation, life: Life, ask: { what: string; send: Ask }): Promise<boolean> {
  let outcome: string | undefined;
  let failure: unknown;
  ask.send(life.handlers, simulation.ids.next()).then(
    () => (outcome = "sent"),
    (error: unknown) => {
      if (error instanceof UserError) outcome = `refused (${error.code})`;
      else failure = error;
    },
  );
  const isOver = () =>
    failure !== undefined || (outcome !== undefined && life.core.dispatcher.world().pending.size === 0);
  await settle(simulation, life, stepsMax, isOver);
  if (failure !== undefined) throw failure;
  if (outcome === undefined) throw new Error(`${ask.what} does not end`);
  note(simulation, `${ask.what}: ${outcome}`);
  return outcome === "sent";
}

function undo(isRedo: boolean, operation?: number): { what: string; send: Ask } {
  const wanted = { isRedo, ...(operation !== undefined && { operation }) };
  return {
    what: `${isRedo ? "redo" : "undo"} ${operation ?? ""}`,
    send: async (handlers, command) => {
      const { operation: planned } = await handlers["undo.plan"](wanted, caller);
      return handlers["undo.run"]({ command, ...wanted, planned }, caller);
    },
  };
}

/** Something that one may do. What programs write, and what runs, is no operation: it only makes disks differ. */
function madeUp({ random, machines, ids }: Simulation, life: Life): { what: string; send: Ask } {
  const world = life.core.dispatcher.world();
  const state = pick(random, [...world.instances.values()]);
  const instance = state?.name ?? "a";
  const point = pick(random, state?.points ?? [])?.name ?? "none";
  const isSo = random.chance(0.5);
  if (state?.power === "running") machines.write(state.id, `text ${ids.next().slice(-6)}`);
  const of = (what: string, send: Ask) => ({ what: `${what} ${instance} ${point}`, send });
  if (world.names.size < 2 && random.chance(0.5)) {
    const name = pick(random, names) ?? "a";
    return of("launch", (handlers, command) =>
      handlers["instance.launch"]({ command, name, image: { name: "tiny" } }, caller),
    );
  }
  switch (random.below(14)) {
    case 0:
      return of("stop", (handlers, command) => handlers["instance.stop"]({ command, instance, force: true }, caller));
    case 1:
      return of("start", (handlers, command) => handlers["instance.start"]({ command, instance }, caller));
    case 2:
      return of("delete", (handlers, command) =>
        handlers["instance.delete"]({ command, instance, purge: false }, caller),
      );
    case 3:
      return of("recover", (handlers, command) => handlers["instance.recover"]({ command, instance }, caller));
    case 4: {
      const name = pick(random, names) ?? "a";
      return of(`rename ${name}`, (handlers, command) =>
        handlers["instance.rename"]({ command, instance, name }, caller),
      );
    }
    case 5: {
      const value = String(1 + random.below(4));
      return of(`cpus ${value}`, (handlers, command) =>
        handlers["settings.set"]({ command, key: `local.${instance}.cpus`, value }, caller),
      );
    }
    case 6: {
      const value = `${2 + random.below(9)}d`;
      return of(`keep ${value}`, (handlers, command) =>
        handlers["settings.set"]({ command, key: "images.keep", value }, caller),
      );
    }
    case 7:
    case 8:
      return of("snapshot", (handlers, command) =>
        handlers["point.snapshot"]({ command, instance, withMemory: isSo && state?.power === "running" }, caller),
      );
    case 9: {
      const what = isSo ? "detach" : "attach";
      return of(what, (handlers, command) => handlers[`network.${what}`]({ command, instance }, caller));
    }
    case 10: {
      const value = isSo ? "none" : "all";
      return of(`allow-net ${value}`, (handlers, command) =>
        handlers["settings.set"]({ command, key: `local.${instance}.allow-net`, value }, caller),
      );
    }
    case 11:
      return isSo
        ? of("create lab", (handlers, command) =>
            handlers["network.create"]({ command, name: "lab", kind: "isolated" }, caller),
          )
        : of("delete lab", (handlers, command) => handlers["network.delete"]({ command, name: "lab" }, caller));
    case 12:
      return of("hold", (handlers, command) =>
        handlers["point.hold"]({ command, instance, point, held: isSo }, caller),
      );
    default:
      return of("restore", (handlers, command) =>
        handlers["point.restore"]({ command, instance, point, discard: false, diskOnly: false }, caller),
      );
  }
}

/** What a user would call the state: no ids, times or ports, and no branches, which every way back leaves. */
function stateOf({ machines }: Simulation, { core }: Life): unknown {
  const { instances, settings, networks } = core.dispatcher.world();
  const shown = [...instances.values()].map(({ id, name, specs, autostart, deleted, points, allowNet, detached }) => ({
    name,
    specs,
    autostart,
    isDeleted: deleted !== undefined,
    allowNet,
    isDetached: detached !== undefined,
    disk: machines.read(id),
    points: points.filter(({ kind }) => kind !== "branch").map((each) => [each.name, each.isHeld]),
  }));
  return {
    settings,
    networks: [...networks.keys()].sort(),
    instances: shown.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

if (import.meta.main) {
  const [first = 1, count = 1] = process.argv.slice(2).map(Number);
  let [operations, undone] = [0, 0];
  for (let seed = first; seed < first + count; seed++) {
    const ran = await roundTrip(seed);
    operations += ran.operations;
    undone += ran.undone;
  }
  console.log(`${count} seeds, ${operations} operations, ${undone} undone and done again`);
  process.exit();
}
