/** The world of the fake driver: machines, disks, scripted faults, and what guests do by themselves. It outlives every driver object. */
import { UserError } from "../errors.ts";
import type { Forward } from "../model/forward.ts";
import type { StopCause } from "../model/instance.ts";
import type { Clock } from "../sys/clock.ts";
import type { Frozen, Happening } from "./driver.ts";
import type { Counters } from "./metrics.ts";

export type FakeCall =
  | "check"
  | "image"
  | "create"
  | "start"
  | "stop"
  | "kill"
  | "suspend"
  | "instruct"
  | "identify"
  | "plug"
  | "resize"
  | "resume"
  | "forward"
  | "link"
  | "metrics"
  | "inspect"
  | "destroy"
  | "freeze"
  | "written"
  | "check-point"
  | "rewind"
  | "merge"
  | "extract"
  | "take"
  | "discard";

/** What goes wrong at the n-th call of a kind, counted from 1 over the world's life. */
export interface FakeFault {
  readonly call: FakeCall;
  readonly nth: number;
  /** `hang` waits for the signal. `die` ends the daemon: `onDeath` is called and the call never settles. */
  readonly fault: "fail" | "hang" | "die-before" | "die-after";
  /** What `fail` throws; else `driver-failed`. */
  readonly error?: Error;
}

export interface FakeImage {
  readonly format: "qcow2" | "raw";
  readonly virtualSize: number;
  /** What is in it, the oldest first, and in snapshots inside it. */
  readonly data?: readonly string[];
  readonly snapshots?: Readonly<Record<string, readonly string[]>>;
}

export const defaultImage: FakeImage = { format: "qcow2", virtualSize: 2 ** 30 };

/** One layer of a disk: what was written to it, and what it stands on besides an image. */
export interface FakeLayer {
  readonly parent?: string;
  readonly data: string[];
  isFrozen: boolean;
  /** All that was read through it when it was frozen, the oldest first: what must never change. */
  whole?: readonly string[];
}

export interface FakeMachine {
  power: "off" | "running" | "suspended";
  cause: StopCause;
  /** The layer that it writes to. */
  top: string;
  /** What runs in it: its memory. */
  programs: string[];
  /** It goes on from another one's memory, and is connected to nothing. */
  isStranger?: boolean;
  /** What it sends goes nowhere, or into a switch. */
  link?: "walled" | "plugged";
  /** What the freeze that made its top answered. */
  frozen?: Frozen;
  starts: number;
  port?: number;
  console: string;
  /** Ports of the host that lead into it, while it runs. */
  forwards?: readonly Forward[];
  /** Tags of folders that are plugged in, while it runs. */
  plugged?: readonly string[];
  /** Its cable is pulled. */
  isCut?: boolean;
  /** Why it waits. */
  paused?: string;
  /** When it was booted, on the world's monotonic clock. */
  startedMs?: number;
  /** What it has used, where a test says so. */
  used?: Counters;
}

/** How guests of this world behave; milliseconds on the world's clock. */
export interface FakeGuest {
  /** From a graceful stop to off; infinite for one that ignores the power button. */
  readonly powerOffMs: number;
  /** From a start until the guest powers itself off; absent for one that stays. */
  readonly livesMs?: number;
  /** Nobody in it can be told who it is. */
  readonly lacksAgent?: boolean;
}

export interface FakeOptions {
  readonly clock: Clock;
  readonly guest?: FakeGuest;
  readonly faults?: readonly FakeFault[];
  /** Called when a scripted fault ends the daemon. */
  readonly onDeath?: () => void;
  /** Of the host, bytes. */
  readonly memory?: number;
}

export interface FakeWorld {
  readonly clock: Clock;
  readonly guest: FakeGuest;
  readonly memory: number;
  readonly machines: Map<string, FakeMachine>;
  readonly layers: Map<string, FakeLayer>;
  /** Memories that points keep: the programs in them. */
  readonly memories: Map<string, readonly string[]>;
  /** Layers and memories in quarantine. */
  readonly quarantine: Set<string>;
  /** Ports of the host that somebody else has. */
  readonly takenPorts: Set<number>;
  /** What `images.inspect` finds, by path; anything else is a qcow2 of 1 GiB. */
  readonly images: Map<string, FakeImage | "invalid">;
  readonly listeners: Set<(id: string, happening: Happening) => void>;
  readonly faults: FakeFault[];
  /** Calls so far, by kind. */
  readonly calls: Map<FakeCall, number>;
  nextPort: number;
  onDeath(): void;
  /** A guest that runs writes to its disk. */
  write(id: string, text: string): void;
  /** All that its disk holds, the oldest first. */
  read(id: string): string[];
  /** All that is read through a layer, the oldest first. */
  through(layer: string): string[];
  /** A guest that runs starts a program. */
  run(id: string, program: string): void;
  booted(id: string): void;
  /** A machine that runs ends by itself. */
  end(id: string, cause: StopCause): void;
  reset(id: string): void;
  /** The disk of a machine that runs takes no more. */
  pause(id: string, reason: string): void;
  /** Every machine is off, nobody is told, as after a power cut. */
  rebootHost(): void;
}

const firstPort = 20_000;
const defaultGuest: FakeGuest = { powerOffMs: 1_000 };

export function createFakeWorld({
  clock,
  guest = defaultGuest,
  faults = [],
  onDeath = () => {},
  memory = 2 ** 40,
}: FakeOptions): FakeWorld {
  const machines = new Map<string, FakeMachine>();
  const layers: FakeWorld["layers"] = new Map();
  const listeners: FakeWorld["listeners"] = new Set();
  const tell = (id: string, happening: Happening) => {
    for (const listener of listeners) listener(id, happening);
  };
  const running = (id: string) => {
    const machine = machines.get(id);
    if (machine?.power === "running") return machine;
    throw new Error(`machine ${id} does not run`);
  };
  const switchOff = (machine: FakeMachine | undefined, cause: StopCause): boolean => {
    if (machine?.power !== "running") return false;
    Object.assign(machine, { power: "off", cause });
    return true;
  };
  const end = (id: string, cause: StopCause) => {
    const machine = machines.get(id);
    if (!switchOff(machine, cause)) return;
    if (cause === "panic") tell(id, { kind: "panicked" });
    tell(id, { kind: "ended", cause });
  };
  const booted = (id: string) => {
    const { starts } = machines.get(id) ?? {};
    if (guest.livesMs === undefined) return;
    clock.after(guest.livesMs, () => {
      if (machines.get(id)?.starts === starts) end(id, "guest");
    });
  };
  return {
    clock,
    guest,
    memory,
    machines,
    layers,
    memories: new Map(),
    quarantine: new Set(),
    takenPorts: new Set(),
    images: new Map(),
    listeners,
    faults: [...faults],
    calls: new Map(),
    nextPort: firstPort,
    onDeath,
    write: (id, text) => void layers.get(running(id).top)?.data.push(text),
    read: (id) => chainOf(layers, machines.get(id)?.top).flatMap(({ data }) => data),
    through: (layer) => chainOf(layers, layer).flatMap(({ data }) => data),
    run: (id, program) => void running(id).programs.push(program),
    booted,
    end,
    reset: (id) => {
      if (machines.get(id)?.power === "running") tell(id, { kind: "reset" });
    },
    pause: (id, reason) => {
      const machine = machines.get(id);
      if (machine?.power !== "running") return;
      machine.paused = reason;
      tell(id, { kind: "paused", reason });
    },
    rebootHost: () => {
      for (const machine of machines.values()) switchOff(machine, "host");
    },
  };
}

/** From the lowest layer to this one. */
function chainOf(layers: FakeWorld["layers"], top: string | undefined): FakeLayer[] {
  const layer = top === undefined ? undefined : layers.get(top);
  return layer ? [...chainOf(layers, layer.parent), layer] : [];
}

/** Does the work unless the script has a fault for this very call. */
export async function meetFault<Value>(
  world: FakeWorld,
  call: FakeCall,
  signal: AbortSignal,
  work: () => Value | Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted();
  const count = (world.calls.get(call) ?? 0) + 1;
  world.calls.set(call, count);
  const fault = world.faults.find((candidate) => candidate.call === call && candidate.nth === count);
  switch (fault?.fault) {
    case undefined:
      return work();
    case "fail":
      throw fault?.error ?? new UserError("driver-failed", `the script fails ${call} number ${count}`);
    case "hang":
      return aborted(signal);
    case "die-before":
      return death(world);
    case "die-after":
      await work();
      return death(world);
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));

/** The process has ended, so nothing comes back. */
function death(world: FakeWorld): Promise<never> {
  world.onDeath();
  return new Promise(() => {});
}
