/** What clients, guests and the world do to a daemon; never waited for. */
import { pausedForSpace } from "../../src/drivers/driver.ts";
import { UserError } from "../../src/errors.ts";
import type { Secret } from "../../src/model/secret.ts";
import { errorCode } from "../../src/sys/files.ts";
import type { Life } from "./lives.ts";
import { microtasks } from "./microtasks.ts";
import type { Random } from "./random.ts";
import { askOfPast } from "./past.ts";
import { note, type Simulation } from "./simulation.ts";

const names = ["a", "b", "c"];
const caller = { actor: { kind: "user", id: "unix:1", name: "sim", role: "admin", via: "unix" } } as const;

type Handlers = Life["handlers"];
type Answer = { readonly operation?: { readonly id: string } | undefined };

/** One request of a client; sent again it is the same command. */
export interface Request {
  readonly command: string;
  readonly what: string;
  send(handlers: Handlers): Promise<Answer>;
  /** The operation that an answer told. */
  told?: string;
}

const configurations = [
  ["disk", ["6G", "8G", "10G"]],
  ["cpus", ["1", "2"]],
  ["autostart", ["yes", "no", "last"]],
  ["allow-net", ["none", "example.org,10.0.0.0/8", "all"]],
  ["label.use", ["demo", "test", ""]],
  ["snapshot1.name", ["good", "snapshot1"]],
  ["good.comment", ["kept for Ann", ""]],
] as const;

const settings = [
  ["auto-points", ["on", "off"]],
  ["auto-points.limit", ["0", "200K", "10G"]],
] as const;

const minuteMs = 60_000;
const pick = <Item>(random: Random, items: readonly Item[]): Item | undefined => items[random.below(items.length)];
const nameFrom = (random: Random): string => pick(random, names) ?? "a";

/** Clients, up to three at once, and now and then a guest or the world. */
export function act(simulation: Simulation, life: Life): void {
  const { random, requests } = simulation;
  guestsWrite(simulation);
  for (let client = random.below(3); client >= 0; client--) {
    const choice = random.below(24);
    if (choice < 15) request(simulation, life, madeUp(simulation, life));
    else if (choice < 17) again(simulation, life);
    else if (choice === 17) look(simulation, life);
    else if (choice === 18) follow(simulation, life);
    else if (choice < 22) befall(simulation);
    else disturb(simulation);
  }
  if (requests.length > 200) throw new Error("bug: a run has more requests than it can have");
}

/** A request that somebody may make, with the command id that its client chose. */
function madeUp({ random, ids }: Simulation, life: Life): Request {
  const { core } = life;
  const command = ids.next();
  const instance = nameFrom(random);
  const isHard = random.chance(0.3);
  const of = (what: string, send: Request["send"]): Request => ({ command, what: `${what} ${instance}`, send });
  const isFree = !core.dispatcher.world().names.has(instance);
  // Half of what would only be refused is a launch, so that there is something to talk about.
  switch (isFree && random.chance(0.5) ? 0 : random.below(30)) {
    case 0:
    case 1:
    case 2: {
      const text = cloudInitText(random);
      const mounts = random.chance(0.2) ? { mounts: [mountFrom(random)] } : {};
      const own = { ...text, ...lifetime(random), ...mounts, ...networks(random) };
      const launch = { command, name: instance, image: { name: "tiny" }, ...own };
      return of("launch", (handlers) => handlers["instance.launch"](launch, caller));
    }
    case 3:
      return of("start", (handlers) => handlers["instance.start"]({ command, instance }, caller));
    case 4:
      return of("stop", (handlers) => handlers["instance.stop"]({ command, instance, force: isHard }, caller));
    case 5:
      return of("restart", (handlers) => handlers["instance.restart"]({ command, instance, force: isHard }, caller));
    case 6:
      return of("delete", (handlers) => handlers["instance.delete"]({ command, instance, purge: isHard }, caller));
    case 7:
      return of("recover", (handlers) => handlers["instance.recover"]({ command, instance }, caller));
    case 8:
      return of("purge", (handlers) => handlers["instance.purge"]({ command, instance }, caller));
    case 9: {
      const operation = pick(random, [...core.dispatcher.world().pending.keys()]) ?? "1";
      return of("cancel", (handlers) => handlers["operation.cancel"]({ command, operation }, caller));
    }
    case 10:
      return of("suspend", (handlers) => handlers["instance.suspend"]({ command, instance }, caller));
    case 11: {
      const name = pick(random, [...names, "d"]) ?? "d";
      return of("rename", (handlers) => handlers["instance.rename"]({ command, instance, name }, caller));
    }
    case 12:
    case 13: {
      const [name, values] = pick(random, configurations) ?? ["cpus", ["1"]];
      const setting = { command, key: `local.${instance}.${name}`, value: pick(random, values) ?? "1" };
      return of(`set ${name}`, (handlers) => handlers["settings.set"](setting, caller));
    }
    case 14: {
      const [key, values] = pick(random, settings) ?? ["auto-points", ["on"]];
      const setting = { command, key, value: pick(random, values) ?? "on" };
      return of(`set ${key} of`, (handlers) => handlers["settings.set"](setting, caller));
    }
    case 15: {
      const later = { command, instance, inMs: 1_000 + random.below(20 * minuteMs) };
      return isHard
        ? of("stop-never", (handlers) => handlers["instance.stop-never"]({ command, instance }, caller))
        : of("stop-later", (handlers) => handlers["instance.stop-later"](later, caller));
    }
    case 16:
      return of("mount in", (handlers) =>
        handlers["instance.mount"]({ command, instance, ...mountFrom(random) }, caller),
      );
    case 17: {
      const { target } = mountFrom(random);
      return of("umount of", (handlers) =>
        handlers["instance.unmount"]({ command, instance, target, force: isHard }, caller),
      );
    }
    case 18: {
      const what = isHard ? "attach" : "detach";
      return of(what, (handlers) => handlers[`network.${what}`]({ command, instance }, caller));
    }
    case 19: {
      const name = pick(random, ["lab", "dmz"]) ?? "lab";
      return isHard
        ? of(`delete network ${name} beside`, (handlers) => handlers["network.delete"]({ command, name }, caller))
        : of(`create network ${name} beside`, (handlers) =>
            handlers["network.create"]({ command, name, kind: "isolated" }, caller),
          );
    }
    default:
      return askOfPast(random, life, command, instance);
  }
}

/** A text for cloud-init in half of the launches. */
const cloudInitText = (random: Random): { cloudInit?: Secret<string> } =>
  random.chance(0.5) ? { cloudInit: `#cloud-config\nruncmd: [echo ${random.below(100)}]\n` as Secret<string> } : {};

/** Few places, so that one is taken now and then. */
const mountFrom = (random: Random) => ({
  source: "/src",
  target: pick(random, ["/srv", "/mnt", "/mnt/inside"]) ?? "/srv",
  type: "classic" as const,
  readOnly: false,
});

/** Some are in a network that may not be there, with an address that may be taken. */
const networks = (random: Random): { networks?: { name: string }[]; address?: string; allowNet?: string } => ({
  ...(random.chance(0.2) ? { networks: [{ name: "lab" }] } : {}),
  ...(random.chance(0.1) ? { address: "10.79.0.20" } : {}),
  ...(random.chance(0.1) ? { allowNet: "none" } : {}),
});

/** Some go by themselves: after a time, or when they stop. */
function lifetime(random: Random): { lifetimeMs?: number; ephemeral?: boolean } {
  return {
    ...(random.chance(0.2) ? { lifetimeMs: 1_000 + random.below(20 * minuteMs) } : {}),
    ...(random.chance(0.2) ? { ephemeral: true } : {}),
  };
}

/** Sends it; some clients vanish before they have heard the answer, some call a launch back. */
function request(simulation: Simulation, life: Life, made: Request): void {
  const { random, requests } = simulation;
  requests.push(made);
  note(simulation, `${made.what} (${made.command.slice(-4)})`);
  const isGone = random.chance(0.2);
  send(simulation, life, made, isGone);
  if (isGone && made.what.startsWith("launch"))
    void life.handlers["instance.abandon"]({ command: made.command }, caller);
}

/** Does the process still run that runs now? One that is gone answers nobody, whatever was under way in it. */
function livingNow(simulation: Simulation): () => boolean {
  const { process } = simulation;
  return () => simulation.process === process;
}

function send(simulation: Simulation, life: Life, made: Request, isGone: boolean): void {
  const { violations, ledger } = simulation;
  const isLiving = livingNow(simulation);
  made.send(life.handlers).then(
    ({ operation }) => {
      if (!operation || isGone || !isLiving()) return;
      if (!ledger.operations.has(operation.id)) violations.push(`${made.what} is answered before it is durable`);
      if (made.told !== undefined && made.told !== operation.id)
        violations.push(`${made.what} is answered with ${made.told}, then with ${operation.id}`);
      made.told = operation.id;
    },
    (error: unknown) => isLiving() && expectRefusal(simulation, made.what, error),
  );
}

/** A client that heard no answer, or one that is not sure, sends the same command again. */
function again(simulation: Simulation, life: Life): void {
  const made = pick(simulation.random, simulation.requests);
  if (!made) return;
  note(simulation, `again: ${made.what} (${made.command.slice(-4)})`);
  send(simulation, life, made, false);
}

/** A failure that a client may hear of: a refusal, or the disk's own error while it fails. */
function expectRefusal({ trouble, violations }: Simulation, what: string, error: unknown): void {
  if (error instanceof UserError) return;
  if (trouble.isDiskBad() && errorCode(error) !== undefined) return;
  violations.push(`${what} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}

/** A client that looks is shown nothing that is not durable. */
function look(simulation: Simulation, { core, isReadOnly }: Life): void {
  const { ledger, violations } = simulation;
  // A log that could not be opened for writing shows what it finds; nobody can say what of it would last.
  if (isReadOnly) return;
  const isLiving = livingNow(simulation);
  core.dispatcher
    .read(({ position }) => position)
    .then(
      (position) => {
        if (isLiving() && position > ledger.position())
          violations.push(`position ${position} is shown before it is durable`);
      },
      (error: unknown) => isLiving() && expectRefusal(simulation, "a look", error),
    );
}

/** A client that waits for an operation is told the end that the log tells; some go before. */
function follow(simulation: Simulation, { follow: followed }: Life): void {
  const { random, ledger, violations } = simulation;
  const operation = pick(random, [...ledger.operations.keys()]);
  if (operation === undefined) return;
  const gone = new AbortController();
  if (random.chance(0.3)) void microtasks(random.below(2_000)).then(() => gone.abort());
  const isLiving = livingNow(simulation);
  const hear = async () => {
    for await (const item of followed({ operation }, caller, gone.signal)) {
      if (item.kind !== "ended" || !isLiving()) continue;
      const end = ledger.operations.get(operation)?.end;
      if (item.result !== end) violations.push(`a follower of ${operation} hears ${item.result}, the log has ${end}`);
      return;
    }
    if (isLiving() && !gone.signal.aborted) violations.push(`a follower of ${operation} hears no end`);
  };
  hear().catch(
    (error: unknown) => gone.signal.aborted || !isLiving() || expectRefusal(simulation, "a follower", error),
  );
}

/** Guests that run write to their disks. */
function guestsWrite({ random, machines, ids }: Simulation): void {
  for (const [id, { power }] of machines.machines)
    if (power === "running" && random.chance(0.5)) machines.write(id, ids.next());
}

/** Something that a guest does, or that its disk does to it. */
function befall(simulation: Simulation): void {
  const { random, machines } = simulation;
  const running = [...machines.machines].filter(([, { power }]) => power === "running");
  const [id, machine] = pick(random, running) ?? [];
  if (id === undefined || machine === undefined) return;
  const choice = random.below(10);
  note(simulation, `machine ${id.slice(-4)}: ${choice < 3 ? "ends" : choice < 5 ? "resets" : "pauses"}`);
  if (choice < 3) machines.end(id, pick(random, ["guest", "crash", "panic"] as const) ?? "guest");
  else if (choice < 5) machines.reset(id);
  else if (machine.paused === undefined) machines.pause(id, random.chance(0.8) ? pausedForSpace : "its disk fails");
}

const jumpsMs = [5_000, 10 * minuteMs, 90 * minuteMs, 2 * 1_440 * minuteMs, 3_652 * 1_440 * minuteMs];

/** The disk fills or is emptied, or somebody sets the clock. */
function disturb(simulation: Simulation): void {
  const { random, clock, disk, trouble } = simulation;
  const choice = random.below(4);
  if (choice === 0) {
    trouble.fill(disk.usedBytes());
    note(simulation, "the disk is full");
  } else if (choice === 1) {
    trouble.empty();
    note(simulation, "the disk has room");
  } else {
    const ms = (pick(random, jumpsMs) ?? 0) * (random.chance(0.5) ? 1 : -1);
    clock.jump(ms);
    note(simulation, `the clock jumps by ${ms} ms`);
  }
}
