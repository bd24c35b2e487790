/**
 * Fifty fake machines, and a daemon that is killed under them again and again, at any moment: `round.ts SEED [KILLS]`.
 * Its seed decides what is asked for and when the daemon dies; how far it has come by then, the machine decides.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { placeFile } from "../../../src/config.ts";
import { until } from "../../e2e/harness.ts";
import { type Random, seededRandom } from "../../simulation/random.ts";
import { type Bed, createBed, type Life } from "../world/bed.ts";
import { anyOrder, type Answer, misbelief, type Order, powerAfter, send, type Verb } from "../world/orders.ts";

const machinesCount = 50;
/** The first of them are never asked for anything: whatever happens to one of these, nobody wanted it. */
const bystandersCount = 25;
const killMsMax = 120;
/** A daemon that is killed before it is ready has come this far at most. */
const startMsMax = 300;
const settleMs = 60_000;

export interface RoundFindings {
  readonly kills: number;
  readonly problems: string[];
  /** From the start of a daemon's process until all machines were shown as they are. */
  readonly foundMs: number[];
  readonly counts: Record<string, number>;
}

interface Round {
  readonly bed: Bed;
  readonly random: Random;
  readonly names: readonly string[];
  readonly bystanders: Set<string>;
  /** Sent, and not answered by anybody yet. */
  readonly open: Set<Order>;
  /** Operation -> the command that a daemon acknowledged with it. */
  readonly promised: Map<string, Order>;
  /** Machines that ended by themselves since everything was settled last. */
  readonly ended: Set<string>;
  readonly problems: string[];
  readonly foundMs: number[];
  readonly counts: Record<string, number>;
}

export async function runRound(seed: number, kills: number): Promise<RoundFindings> {
  const random = seededRandom(seed);
  const bed = await createBed({ random: seededRandom(seed + 1), waitMsMax: 15 });
  const names = Array.from({ length: machinesCount }, (_, index) => `m${index}`);
  const round: Round = {
    bed,
    random,
    names,
    bystanders: new Set(),
    open: new Set(),
    promised: new Map(),
    ended: new Set(),
    problems: [],
    foundMs: [],
    counts: {},
  };
  try {
    await launchAll(round);
    for (let kill = 0; kill < kills; kill++) await oneLife(round);
    await lastLife(round);
  } catch (error) {
    round.problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    await bed.close();
  }
  const { problems, foundMs, counts } = round;
  return { kills, problems, foundMs, counts };
}

async function launchAll(round: Round): Promise<void> {
  const life = await round.bed.start();
  const client = life.client();
  await Promise.all(
    round.names.map((name) => carryOut(round, client, { verb: "launch", name, command: Bun.randomUUIDv7() })),
  );
  await settle(round, life);
  const still = new Set(round.names.slice(0, bystandersCount));
  for (const { id, name } of await client.call("instance.list", {})) if (still.has(name)) round.bystanders.add(id);
  await life.kill();
  await round.bed.host.quiet();
}

/** From one kill to the next. */
async function oneLife(round: Round): Promise<void> {
  const { bed, random } = round;
  round.bed.host.changes.length = 0;
  const before = picture(round);
  const endedId = surprise(round);
  if (random.chance(0.15)) await dieYoung(round);
  const startedMs = performance.now();
  const life = await bed.start();
  await lookAround(round, life);
  round.foundMs.push(performance.now() - startedMs);
  await Promise.all([...round.open].map((order) => carryOut(round, life.client(), order)));
  if (random.chance(0.3)) await settle(round, life);
  const client = life.client();
  const orders = Array.from({ length: random.below(10) }, () => anyOrder(random, round.names.slice(bystandersCount)));
  const answers = orders.map((order) => carryOut(round, client, order));
  await Bun.sleep(random.below(killMsMax));
  if (random.chance(0.1)) count(round, "stopped in order", await orderly(life));
  else await life.kill();
  await Promise.all(answers);
  await bed.host.quiet();
  checkBystanders(round, before, endedId);
}

/** What the daemon does at an orderly end must not be another thing than what it does at none. */
async function orderly(life: Life): Promise<number> {
  const code = await life.end();
  if (code !== 0) throw new Error(`the daemon ended with exit code ${code}`);
  return 1;
}

/** Sends it until it is answered, in this life or a later one. */
async function carryOut(round: Round, client: ReturnType<Life["client"]>, order: Order): Promise<void> {
  round.open.add(order);
  let answer: Answer;
  try {
    answer = await send(client, order);
  } catch (error) {
    round.open.delete(order);
    round.problems.push(error instanceof Error ? error.message : String(error));
    return;
  }
  if (answer === "unanswered") return count(round, "unanswered, sent again");
  round.open.delete(order);
  if ("refused" in answer) return count(round, `refused: ${answer.refused}`);
  count(round, order.verb);
  if (answer.operation !== undefined) round.promised.set(answer.operation, order);
}

function count({ counts }: Round, what: string, by = 1): void {
  counts[what] = (counts[what] ?? 0) + by;
}

/** Killed before it is ready. */
async function dieYoung(round: Round): Promise<void> {
  const child = round.bed.spawn();
  await Bun.sleep(round.random.below(startMsMax));
  child.kill("SIGKILL");
  await child.exited;
  await round.bed.host.quiet();
  count(round, "killed while it started");
}

/** What a kill, or somebody who meant well, can leave where the next daemon looks. Answers with a machine that ended by itself. */
function surprise(round: Round): string | undefined {
  const { bed, random } = round;
  const running = [...bed.host.world.machines].filter(([, { power }]) => power === "running");
  const choice = random.below(8);
  mkdirSync(bed.runtimeDirectory, { recursive: true, mode: 0o700 });
  if (choice === 0) rmSync(bed.socket, { force: true });
  else if (choice === 1) {
    rmSync(bed.socket, { force: true });
    writeFileSync(bed.socket, "no socket");
  } else if (choice === 2)
    writeFileSync(placeFile(bed.directory), JSON.stringify({ pid: process.pid, socket: join(bed.directory, "gone") }));
  else if (choice === 3) writeFileSync(placeFile(bed.directory), "{");
  else if (choice === 4) writeFileSync(join(bed.directory, "lock"), `${process.pid}\n`);
  else if (choice === 5) rmSync(bed.runtimeDirectory, { recursive: true, force: true });
  else if (choice === 6) {
    const [id] = running[random.below(running.length)] ?? [];
    if (id === undefined) return undefined;
    round.ended.add(id);
    bed.host.world.end(id, "guest");
    count(round, "ended by itself with no daemon");
    return id;
  }
  return undefined;
}

interface Seen {
  readonly power: string;
  readonly starts: number;
}

const picture = ({ bed }: Round): Map<string, Seen> =>
  new Map([...bed.host.world.machines].map(([id, { power, starts }]) => [id, { power, starts }]));

/** Right after its start, the daemon shows every machine as it is. */
async function lookAround(round: Round, life: Life): Promise<void> {
  const views = await life.client().call("instance.list", {});
  const { machines } = round.bed.host.world;
  for (const view of views) {
    const wrong = misbelief(view, machines.get(view.id));
    if (wrong !== undefined) round.problems.push(`after a kill, ${wrong}`);
  }
  const known = new Set(views.map(({ id }) => id));
  for (const id of machines.keys())
    if (!known.has(id)) round.problems.push(`after a kill, machine ${id} belongs to no instance`);
}

/** Nobody asked for anything of these: each must be as it was, unless it ended by itself. */
function checkBystanders(
  { bed, bystanders, problems }: Round,
  before: Map<string, Seen>,
  endedId: string | undefined,
): void {
  for (const change of bed.host.changes)
    if (bystanders.has(change.split(" ")[1] ?? "")) problems.push(`nobody asked for it, and the daemon did: ${change}`);
  for (const id of bystanders) {
    const [was, now] = [before.get(id), bed.host.world.machines.get(id)];
    if (now?.starts !== was?.starts) problems.push(`machine ${id} was started again`);
    if (now?.power !== was?.power && id !== endedId) problems.push(`machine ${id} was ${was?.power}, is ${now?.power}`);
  }
}

/** Waits until nothing is under way; then every promise is kept, and every machine is as its last order wants it. */
async function settle(round: Round, life: Life): Promise<void> {
  const { promised, problems, ended, bed } = round;
  const client = life.client();
  let views = await client.call("instance.list", {});
  await until(
    "every operation has ended",
    async () => (views = await client.call("instance.list", {})).every(({ operation }) => !operation),
    settleMs,
  );
  for (const view of views) {
    const wrong = misbelief(view, bed.host.world.machines.get(view.id));
    if (wrong !== undefined) problems.push(`once nothing was under way, ${wrong}`);
  }
  const last = new Map<string, { number: number; verb: Verb }>();
  await Promise.all(
    [...promised].map(async ([operation, { verb, name }]) => {
      const { number, result, failure, instance } = await client.call("operation.show", { operation });
      if (instance && ended.has(instance.id)) return;
      if ((last.get(name)?.number ?? 0) < number) last.set(name, { number, verb });
      if (result !== "ok")
        problems.push(`${verb} ${name} was promised, and is ${result}: ${failure?.reason ?? "no reason"}`);
    }),
  );
  for (const [name, { verb }] of last) {
    const power = views.find((view) => view.name === name)?.power;
    if (power !== powerAfter[verb]) problems.push(`after ${verb}, ${name} is ${power ?? "gone"}`);
  }
  promised.clear();
  ended.clear();
}

async function lastLife(round: Round): Promise<void> {
  const { bed, problems, open } = round;
  const life = await bed.start();
  await Promise.all([...open].map((order) => carryOut(round, life.client(), order)));
  await settle(round, life);
  await orderly(life);
  const { isIntact, damage } = await verifyLog({ directory: bed.directory, files: systemFiles });
  if (!isIntact) problems.push(`the log is damaged: ${JSON.stringify(damage)}`);
  for (const line of bed.said().split("\n")) if (/bug|internal|read-only/.test(line)) problems.push(line);
}

if (import.meta.main) {
  const [seed = 1, kills = 20] = process.argv.slice(2).map(Number);
  const { problems, foundMs, counts } = await runRound(seed, kills);
  console.log(counts, `found in at most ${Math.max(...foundMs).toFixed(0)} ms`);
  for (const problem of problems) console.log(`FAILED ${problem}`);
  process.exit(problems.length === 0 ? 0 : 1);
}
