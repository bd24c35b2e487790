/** An in-memory driver for tests and simulations, never for users: machines live in a world that outlives driver objects. */
import { UserError } from "../errors.ts";
import { createFakeConsole } from "./fake-console.ts";
import type { Forward } from "../model/forward.ts";
import type { ForwardPlan, Opened } from "./forwards.ts";
import type { Counters } from "./metrics.ts";
import type { CreatePlan, Driver, Happening, Observed, StartPlan, StopHow } from "./driver.ts";
import { checkFrozen, checkPoint, contentOf, createFakeSnapshots, known, loader, saved } from "./fake-snapshots.ts";
import type { Meet } from "./fake-snapshots.ts";
import { createFakeMounts, checkUnplugged } from "./fake-mounts.ts";
import { defaultImage, meetFault } from "./fake-world.ts";
import type { FakeMachine, FakeWorld } from "./fake-world.ts";

const features = { survivesDaemon: true, memorySnapshots: true };
const hardware = { driver: "fake", machine: "fake-1.0" };

/** A driver object on the world, as a daemon's run has one; a new one finds the machines that the last one left. */
export function createFakeDriver(world: FakeWorld): Driver {
  const stops: (() => void)[] = [];
  const meet: Meet = (call, signal, work) => meetFault(world, call, signal, work);
  const never = new AbortController().signal;
  return {
    name: "fake",
    features,
    images: {
      inspect: (path, signal) =>
        meet("image", signal, () => {
          const image = world.images.get(path) ?? defaultImage;
          if (image !== "invalid") return image;
          throw new UserError("image-invalid", `${path} is no disk image`);
        }),
      extract: ({ path, snapshot }, target, signal) =>
        meet("extract", signal, () => {
          const data = contentOf(world, path, snapshot);
          world.images.set(target, { ...defaultImage, data });
        }),
    },
    snapshots: createFakeSnapshots(world, meet),
    forwards: { apply: (id, plan, signal) => meet("forward", signal, () => forward(world, id, plan)) },
    mounts: createFakeMounts(world, meet),
    check: (signal) => meet("check", signal, () => ({ accelerator: "fake", build: loader.build })),
    create: (id, plan, signal) => meet("create", signal, () => create(world, id, plan)),
    start: (id, plan, signal) => meet("start", signal, () => start(world, id, plan)),
    stop: (id, how, signal) => meet(how === "graceful" ? "stop" : "kill", signal, () => stop(world, id, how, signal)),
    suspend: (id, signal) => meet("suspend", signal, () => suspend(world, id)),
    instruct: (id, _script, signal) => meet("instruct", signal, () => instruct(world, id)),
    identify: (id, _plan, signal) => meet("identify", signal, () => identify(world, id)),
    links: {
      plug: (id, _cables, signal) => meet("plug", signal, () => link(world, id, "plugged")),
      isPlugged: (id, signal) => meet("plug", signal, () => world.machines.get(id)?.link === "plugged"),
      unplug: (id, signal) => meet("plug", signal, () => link(world, id, undefined)),
    },
    metrics: { read: (id, signal) => meet("metrics", signal, () => counters(world, id)) },
    resize: (id, _plan, signal) => meet("resize", signal, () => void known(world, id)),
    setLink: (id, isUp, signal) => meet("link", signal, () => setLink(world, id, isUp)),
    resume: (id, signal) => meet("resume", signal, () => resume(world, id)),
    inspect: (id) => meet("inspect", never, () => observe(world.machines.get(id))),
    destroy: (id, layers, signal) =>
      meet("destroy", signal, () => {
        for (const layer of layers) world.layers.delete(layer);
        world.machines.delete(id);
      }),
    watch: (listener: (id: string, happening: Happening) => void) => {
      world.listeners.add(listener);
      const stopListening = () => void world.listeners.delete(listener);
      stops.push(stopListening);
      return stopListening;
    },
    console: (id, options) => createFakeConsole(world, id, options),
    close: async () => {
      for (const stopListening of stops) stopListening();
    },
  };
}

/** To be unplugged from nothing is no fault. */
function link(world: FakeWorld, id: string, how: "plugged" | undefined): void {
  const machine = world.machines.get(id);
  if (machine?.power === "running") {
    if (how) machine.link = how;
    else delete machine.link;
  } else if (how) throw new UserError("machine-not-running", "the machine does not run");
}

function create(world: FakeWorld, id: string, { base, layer, specs, warm }: CreatePlan) {
  if ("layer" in base) checkPoint(world, base.layer, warm?.kept);
  const image = "path" in base ? (world.images.get(base.path) ?? defaultImage) : "invalid";
  if (image !== "invalid" && specs.disk < image.virtualSize)
    throw new UserError("disk-too-small", "the disk is smaller than the image");
  const parent = "layer" in base ? { parent: base.layer } : {};
  if (!world.layers.has(layer)) world.layers.set(layer, { ...parent, data: [], isFrozen: false });
  const made: FakeMachine = { power: "off", cause: "user", top: layer, programs: [], starts: 0, console: "" };
  const programs = [...(warm ? (world.memories.get(warm.kept.memory) ?? []) : [])];
  const begun: FakeMachine = warm ? { ...made, power: "suspended", programs } : made;
  if (!world.machines.has(id)) world.machines.set(id, begun);
  return { hardware };
}

function start(world: FakeWorld, id: string, plan: StartPlan) {
  const machine = known(world, id);
  delete machine.paused;
  if (machine.power !== "running") delete machine.forwards;
  const layer = world.layers.get(plan.layer);
  if (!layer) throw new UserError("disk-missing", `the disk ${plan.layer} is gone`);
  if (layer.isFrozen) throw new UserError("layer-frozen", `the disk ${plan.layer} is frozen`);
  checkFrozen(world, layer.parent);
  if (plan.specs.memory > world.memory) throw new UserError("memory-too-large", "the host has less memory");
  if (plan.resumes && machine.power === "off") throw new UserError("memory-missing", "its saved memory is gone");
  if (machine.power !== "running") {
    delete machine.link;
    if (plan.isWalled) machine.link = "walled";
  }
  if (machine.power === "suspended") {
    machine.power = "running";
    delete machine.isCut;
    machine.port = world.nextPort++;
    machine.isStranger = plan.isStranger === true;
  } else if (machine.power === "off") {
    machine.power = "running";
    delete machine.isCut;
    machine.programs = [];
    machine.starts += 1;
    machine.startedMs = world.clock.monotonicMs();
    delete machine.used;
    machine.plugged = [];
    machine.port = world.nextPort++;
    machine.console += `boot ${machine.starts}\n`;
    world.booted(id);
  }
  return started(machine);
}

async function stop(world: FakeWorld, id: string, how: StopHow, signal: AbortSignal): Promise<void> {
  const machine = known(world, id);
  if (machine.power === "suspended") Object.assign(machine, { power: "off", cause: "user" });
  if (machine.power === "off") return;
  if (how === "graceful") await world.clock.sleep(world.guest.powerOffMs, signal);
  // It may have ended by itself meanwhile, with a cause of its own.
  if (machine.power === "running") Object.assign(machine, { power: "off", cause: "user" });
}

/** Nobody in a fake guest knows a shell. */
function instruct(world: FakeWorld, id: string): string {
  if (known(world, id).power !== "running") throw new UserError("machine-not-running", "the machine does not run");
  throw new UserError("agent-missing", "the guest has no agent");
}

function identify(world: FakeWorld, id: string): void {
  const machine = known(world, id);
  if (machine.power !== "running") throw new UserError("machine-not-running", "the machine does not run");
  if (world.guest.lacksAgent) throw new UserError("agent-missing", "the guest has no agent");
  machine.isStranger = false;
}

/** Those of a machine that was off are gone, as with a process that has ended. */
function forward(world: FakeWorld, id: string, { forwards }: ForwardPlan): readonly Opened[] {
  const machine = known(world, id);
  if (machine.power !== "running") throw new UserError("machine-not-running", "the machine does not run");
  const before = machine.forwards ?? [];
  const opened = forwards.map((wanted): Forward | undefined => {
    const host = wanted.host || (before.find((each) => each.guest === wanted.guest)?.host ?? world.nextPort++);
    const others = [...world.machines.values()].filter((each) => each !== machine && each.power === "running");
    const isTaken =
      world.takenPorts.has(host) || others.some((each) => each.forwards?.some((one) => one.host === host));
    return isTaken ? undefined : { ...wanted, host };
  });
  machine.forwards = opened.filter((each) => each !== undefined);
  return opened.map((each) => (each ? { port: each.host } : { refused: "it is taken" }));
}

/** A machine starts with its cable plugged in. */
function setLink(world: FakeWorld, id: string, isUp: boolean): void {
  const machine = world.machines.get(id);
  if (machine?.power === "running") machine.isCut = !isUp;
}

/** A guest that has nothing to do takes a hundredth of a processor. */
function counters(world: FakeWorld, id: string): Counters {
  const machine = known(world, id);
  if (machine.power !== "running") throw new UserError("machine-not-running", "the machine does not run");
  const ranMs = world.clock.monotonicMs() - (machine.startedMs ?? 0);
  return {
    cpuSeconds: ranMs / 100_000,
    residentBytes: 2 ** 20,
    diskReadBytes: 0,
    diskWrittenBytes: 0,
    ...machine.used,
  };
}

function resume(world: FakeWorld, id: string): void {
  const machine = known(world, id);
  if (machine.paused === undefined) return;
  delete machine.paused;
  for (const listener of world.listeners) listener(id, { kind: "resumed" });
}

function suspend(world: FakeWorld, id: string) {
  const machine = known(world, id);
  if (machine.power === "off") throw new UserError("machine-not-running", "the machine does not run");
  checkUnplugged(machine);
  machine.power = "suspended";
  return saved;
}

const started = ({ port, starts }: FakeMachine) => ({
  ssh: { host: "127.0.0.1", port: port ?? 0 },
  accelerator: "fake" as const,
  cpu: "fake",
  build: loader.build,
  pid: 1000 + starts,
});

function observe(machine: FakeMachine | undefined): Observed {
  if (!machine) return { power: "missing" };
  if (machine.power === "suspended") return { power: "suspended", ...saved };
  return machine.power === "off"
    ? { power: "off", cause: machine.cause }
    : { power: "running", started: started(machine), ...(machine.paused && { paused: machine.paused }) };
}
