/** What must hold at every step of a run, and when all faults are over. */
import { emptyWorld, evolveWorld, freezeWorld, thawWorld, type World } from "../../src/events/world.ts";
import { owedEnd } from "../../src/events/instance/lifetime.ts";
import { upcast } from "../../src/events/catalog.ts";
import { pausedForSpace } from "../../src/drivers/driver.ts";
import { verifyLog } from "../../src/events/store/audit.ts";
import type { EventLog } from "../../src/events/store/log.ts";
import { directory } from "./ledger.ts";
import type { Life } from "./lives.ts";
import { networkUnsettled } from "./network.ts";
import type { Simulation } from "./simulation.ts";

/** Looks at everything that holds between any two turns. Throws what does not; cheap when nothing has happened. */
export function checkStep(simulation: Simulation, life: Life | undefined): void {
  const { violations, ledger } = simulation;
  const [violation] = violations;
  if (violation !== undefined) throw new Error(violation);
  if (!life || life.isReadOnly || simulation.isDead) return;
  const { core, log } = life;
  const seen = `${ledger.position()} ${log.position()} ${log.mode().kind}`;
  if (seen === life.checked) return;
  life.checked = seen;
  simulation.checks++;
  ledger.checkMedium();
  checkOperations(simulation);
  // While the fold is built again nobody is answered; this waits as everybody does, and then must be right.
  core.dispatcher
    .read((world) => {
      const problem = foldProblem(simulation, life, world) ?? ownersProblem(world);
      if (problem !== undefined) violations.push(problem);
    })
    .catch(() => undefined);
  const [found] = violations;
  if (found !== undefined) throw new Error(found);
}

/** The fold that the daemon decides on is the fold of what is durable, and of what waits for the disk. */
function foldProblem({ ledger }: Simulation, { log }: Life, world: World): string | undefined {
  const queued = log.queued();
  const expected = queued.length === 0 ? ledger.world : thawWorld(freezeWorld(ledger.world));
  for (const record of queued) evolveWorld(expected, upcast(record));
  return differs(expected, world);
}

function differs(expected: World, found: World): string | undefined {
  const [left, right] = [freezeWorld(expected), freezeWorld(found)] as Record<string, unknown>[];
  for (const key of Object.keys(left ?? {})) {
    const [replayed, live] = [left?.[key], right?.[key]];
    if (!Bun.deepEquals(replayed, live))
      return `"${key}" is replayed as ${JSON.stringify(replayed)}, live as ${JSON.stringify(live)}`;
  }
  return undefined;
}

/** Nobody shares a name, an address or a port, and the indexes tell whose each is. */
function ownersProblem({ instances, names, addresses, macs, pending }: World): string | undefined {
  const owners = new Map<string, string>();
  for (const { id, name, address, mac, layer, ordinal, running, pending: own } of instances.values()) {
    const port = running && `port ${running.ssh.host} ${running.ssh.port}`;
    const held = [`name ${name}`, `address ${address}`, `mac ${mac}`, `layer ${layer}`, `ordinal ${ordinal}`];
    for (const each of port === undefined ? held : [...held, port]) {
      const other = owners.get(each);
      if (other !== undefined) return `${each} is owned by ${other} and by ${id}`;
      owners.set(each, id);
    }
    const isIndexed = names.get(name) === id && addresses.get(address) === id && macs.get(mac) === id;
    if (!isIndexed || (own && pending.get(own.id) !== id)) return `the indexes do not have ${id}`;
  }
  const owned = [...instances.values()].filter((state) => state.pending).length;
  const isExact = [names, addresses, macs].every((index) => index.size === instances.size) && pending.size === owned;
  return isExact ? undefined : "the indexes have more than there is";
}

/** Each operation that the log has opened is pending or has ended, and none is both. */
function checkOperations({ ledger: { operations, world } }: Simulation): void {
  let open = 0;
  for (const [id, { end, kind }] of operations) {
    if (end === undefined) open++;
    if ((end === undefined) !== world.pending.has(id))
      throw new Error(
        `operation ${id} (${kind}) has ${end ?? "no end"} and is ${world.pending.has(id) ? "" : "not "}pending`,
      );
  }
  if (open !== world.pending.size) throw new Error(`${world.pending.size} operations are pending, ${open} were opened`);
}

/** What a life finds on its disk at its start: everything that was ever acknowledged, as it was. */
export async function checkNothingLost({ ledger }: Simulation, log: EventLog): Promise<void> {
  const owed = ledger.position();
  let found = 0;
  // What a log that cannot be written has beyond that was never told to anybody.
  const upTo = log.mode().kind === "writable" ? log.durable() : owed;
  for await (const record of log.read({ upTo })) {
    found = record.position;
    ledger.note(record);
  }
  if (found < owed) throw new Error(`acknowledged up to position ${owed}, and ${found} is the last that is there`);
}

/** Belief and reality have met: each machine is as the log has it, and no guest waits for space that is there. */
export function unsettled(simulation: Simulation, { core }: Life): string | undefined {
  const { machines, clock } = simulation;
  const { instances, pending } = core.dispatcher.world();
  if (pending.size > 0) return `operations without an outcome: ${[...pending.keys()].join(", ")}`;
  for (const state of instances.values()) {
    const { id, name, power, paused } = state;
    const owed = owedEnd(state, clock.now().toISOString());
    if (owed) return `${name} is there still, and owed is its ${owed}`;
    const machine = machines.machines.get(id);
    const real = machine?.power ?? "off";
    const believed = power === "crashed" ? "off" : power;
    if (believed !== real) return `${name} is believed ${power}, is ${real}`;
    if (machine && state.hardware && machine.top !== state.layer)
      return `the disk of ${name} is believed to stand on ${state.layer}, and stands on ${machine.top}`;
    const waits = machine?.power === "running" ? machine.paused : undefined;
    if (paused?.reason !== waits) return `${name} is believed paused by "${paused?.reason}", is by "${waits}"`;
    const broken = state.reachable ? state.mounts?.find(({ degraded }) => degraded) : undefined;
    if (broken) return `${broken.target} of ${name} is degraded, and could be made`;
    if (waits === pausedForSpace) return `${name} waits for space, and there is space`;
  }
  const network = networkUnsettled(simulation, core.dispatcher.world());
  if (network !== undefined) return network;
  const lost = lostLayer(instances, machines) ?? changedLayer(machines);
  if (lost !== undefined) return lost;
  for (const [id, machine] of machines.machines)
    if (!instances.has(id)) return `machine ${id} is ${machine.power} and nobody owns it`;
  return undefined;
}

/** Everything that a top or a point stands on is there, down to its image; save of a machine whose taking away was cut short. */
function lostLayer(
  instances: World["instances"],
  { machines, layers }: Pick<Simulation["machines"], "machines" | "layers">,
): string | undefined {
  for (const { id, name, hardware, layer, points } of instances.values()) {
    if (!hardware || !machines.has(id)) continue;
    for (const top of [layer, ...points.map((point) => point.layer)])
      for (let at: string | undefined = top; at !== undefined; at = layers.get(at)?.parent)
        if (!layers.has(at)) return `layer ${at} below ${top} of ${name} is gone`;
  }
  return undefined;
}

/** What is read through a frozen layer is what was when it was frozen. */
export function changedLayer({
  layers,
  through,
}: Pick<Simulation["machines"], "layers" | "through">): string | undefined {
  for (const [id, { whole }] of layers)
    if (whole && !Bun.deepEquals(through(id), whole)) return `layer ${id} reads ${through(id)}, had ${whole}`;
  return undefined;
}

/** At the end: the whole log verifies, and folded from its first record it is what the daemon believes. */
export async function checkAtLast(life: Life): Promise<void> {
  const { core, log } = life;
  const replayed = emptyWorld();
  for await (const record of log.read({})) evolveWorld(replayed, upcast(record));
  const problem = differs(replayed, core.dispatcher.world());
  if (problem !== undefined) throw new Error(problem);
  const { damage } = await verifyLog({ directory, files: life.files });
  if (damage) throw new Error(`the log does not verify: ${JSON.stringify(damage)}`);
  await checkCloudInit(life);
}

/** Each instance has the text that its launch brought, and no other text is left. */
async function checkCloudInit({ core, files }: Life): Promise<void> {
  const folder = `${directory}/cloud-init`;
  const found = (await files.stat(folder)) ? await files.list(folder) : [];
  const owners = [...core.dispatcher.world().instances.values()].filter(({ cloudInit }) => cloudInit !== undefined);
  for (const owner of owners) await core.cloudInit.read(owner);
  const owed = owners.map(({ id }) => `${id}.yaml`).sort();
  if (!Bun.deepEquals(found, owed)) throw new Error(`texts ${found.join(", ")} are kept, owed are ${owed.join(", ")}`);
}
