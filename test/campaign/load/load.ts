/** Many at once: clients, instances, launches. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ApiClient } from "../../../src/api/client.ts";
import { binary, until } from "../../e2e/harness.ts";
import { seededRandom } from "../../simulation/random.ts";
import type { Failure, Order as CampaignOrder, Part } from "../part.ts";
import { type Bed, createBed, type Life } from "../world/bed.ts";
import { childrenOf, sizeOf } from "../world/facts.ts";
import { anyOrder, misbelief, send } from "../world/orders.ts";
import { anyQuestion } from "../world/questions.ts";

interface Size {
  readonly instances: number;
  readonly atOnce: number;
  readonly clients: number;
  /** Of each client. */
  readonly requests: number;
  /** Waits until the connections of clients that have gone are closed. */
  readonly looksAfterwards: boolean;
}

const sizes: Readonly<Record<CampaignOrder["size"], Size>> = {
  sample: { instances: 100, atOnce: 50, clients: 30, requests: 15, looksAfterwards: false },
  full: { instances: 1_000, atOnce: 100, clients: 100, requests: 100, looksAfterwards: true },
};

/**
 * Who lists 1,000 instances is sent half a megabyte, which the daemon holds twice until it is taken; what was answered before
 * waits for the collector, for long on a machine that is short of processors (measured: 390 MiB, and 740 where they were starved).
 */
const residentMiBMax = ({ clients }: Size) => 256 + 6 * clients;
/** When all have gone and it rests: what it has not given back by then is lost. */
const restingMiBMax = 200;
/** For each at once: a call, a stream, and two to its machine; and what the daemon holds by itself. */
const descriptorsMax = ({ clients, atOnce }: Size) => 4 * Math.max(clients, atOnce) + 100;
/** What may stay open when all have gone, beside what was open before any came. */
const descriptorsLeftMax = 8;
/** The daemon closes a connection on which nothing is asked for 30 s. */
const closingMs = 45_000;
const settleMs = 120_000;

interface Attack {
  readonly bed: Bed;
  readonly life: Life;
  readonly size: Size;
  readonly seed: number;
  readonly names: readonly string[];
  readonly problems: string[];
  readonly figures: Record<string, string | number>;
  points: number;
  /** Of the daemon, while it worked. */
  mostMiB: number;
  mostDescriptors: number;
}

export const load: Part = {
  name: "load",
  what: "Launches up to 100 instances at once until there are 1,000, lets 100 clients ask and change at random, and purges everything: no error that is not documented, every operation ends, memory and descriptors within bounds, nothing left behind.",
  async run({ size, seed, tell }) {
    const bed = await createBed({ random: seededRandom(seed + 1), waitMsMax: 5 });
    try {
      const { problems, points, figures } = await attack(bed, sizes[size], seed, tell);
      const again = `bun test/campaign/run.ts ${size === "full" ? "--full " : ""}--seed ${seed} load`;
      const failures: Failure[] = problems.map((what) => ({ what, again }));
      return { points, failures, figures };
    } finally {
      await bed.close();
    }
  },
};

async function attack(bed: Bed, size: Size, seed: number, tell: CampaignOrder["tell"]): Promise<Attack> {
  const life = await bed.start();
  const names = Array.from({ length: size.instances }, (_, index) => `m${index}`);
  const before = sizeOf(life.pid);
  const load: Attack = {
    bed,
    life,
    size,
    seed,
    names,
    problems: [],
    figures: {},
    points: 0,
    mostMiB: before.residentMiB,
    mostDescriptors: before.descriptors,
  };
  const watching = setInterval(() => look(load), 50);
  try {
    for (const step of [launchAll, mix, programsAtOnce, settle, purgeAll]) {
      const startedMs = performance.now();
      await step(load);
      const took = `${((performance.now() - startedMs) / 1000).toFixed(1)} s`;
      load.figures[`${step.name} took`] = took;
      tell(`${step.name} ${took}`);
    }
  } finally {
    clearInterval(watching);
  }
  await checkSize(load, before.descriptors);
  await checkLeftovers(load);
  return load;
}

function look(load: Attack): void {
  const { residentMiB, descriptors } = sizeOf(load.life.pid);
  load.mostMiB = Math.max(load.mostMiB, residentMiB);
  load.mostDescriptors = Math.max(load.mostDescriptors, descriptors);
}

/** Each launch by a client of its own, which follows it to its end. */
async function launchAll(load: Attack): Promise<void> {
  const { names, size } = load;
  for (let first = 0; first < names.length; first += size.atOnce)
    await Promise.all(names.slice(first, first + size.atOnce).map((name) => launchOne(load, name)));
}

async function launchOne({ life, problems, ...load }: Attack, name: string): Promise<void> {
  const client = life.client();
  try {
    const order = { command: Bun.randomUUIDv7(), name, image: { name: "tiny" }, memory: 128 * 2 ** 20 };
    const { operation } = await client.call("instance.launch", order);
    const end = await endOf(client, operation?.id ?? "");
    if (end !== "ok") problems.push(`launch ${name}: ${end}`);
  } catch (error) {
    problems.push(`launch ${name}: ${String(error)}`);
  }
  load.points += 1;
}

async function endOf(client: ApiClient, operation: string): Promise<string> {
  for await (const item of client.stream("operation.follow", { operation }))
    if (item.kind === "ended")
      return item.failure === undefined ? item.result : `${item.result}: ${item.failure.reason}`;
  return "nobody said how it ended";
}

/** All clients at once, each with its own seed: two questions for each change. */
async function mix(load: Attack): Promise<void> {
  const { size, seed, figures } = load;
  const times: number[] = [];
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: size.clients }, (_, index) => oneClient(load, seed * 1000 + index, times)));
  const seconds = (performance.now() - startedMs) / 1000;
  times.sort((a, b) => a - b);
  figures["requests a second, all clients together"] = Math.round(times.length / seconds);
  figures["answer to a request, median"] = `${times[times.length >> 1]?.toFixed(1)} ms`;
  figures["answer to a request, 99th of 100"] = `${times[Math.floor(times.length * 0.99)]?.toFixed(1)} ms`;
}

async function oneClient(load: Attack, seed: number, times: number[]): Promise<void> {
  const { life, size, names, problems } = load;
  const random = seededRandom(seed);
  const client = life.client();
  for (let request = 0; request < size.requests; request++) {
    const startedMs = performance.now();
    try {
      if (random.chance(2 / 3)) await anyQuestion(client, random, names);
      else if ((await send(client, anyOrder(random, names))) === "unanswered")
        problems.push("a command was not answered");
    } catch (error) {
      problems.push(String(error));
    }
    times.push(performance.now() - startedMs);
    load.points += 1;
  }
}

/** The compiled program, as many times at once as there are clients. */
async function programsAtOnce(load: Attack): Promise<void> {
  const { bed, size, problems } = load;
  const runs = Array.from({ length: size.clients }, async () => {
    const env = { ...bed.environment, STRATA_HOST: bed.socket };
    const child = Bun.spawn([binary, "list"], { env, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
    const [said, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
    if (code !== 0) problems.push(`strata list, one of ${size.clients} at once: exit ${code}: ${said}`);
    load.points += 1;
  });
  await Promise.all(runs);
}

/** When nothing is under way, what is shown is what is. */
async function settle({ life, bed, problems }: Attack): Promise<void> {
  const client = life.client();
  const views = () => client.call("instance.list", {});
  await until("every operation has ended", async () => (await views()).every(({ operation }) => !operation), settleMs);
  for (const view of await views()) {
    const wrong = misbelief(view, bed.host.world.machines.get(view.id));
    if (wrong !== undefined) problems.push(wrong);
  }
}

async function purgeAll({ life, bed, problems, size }: Attack): Promise<void> {
  const client = life.client();
  const left = await client.call("instance.list", {});
  for (let first = 0; first < left.length; first += size.atOnce) {
    const ends = left.slice(first, first + size.atOnce).map(async ({ name }) => {
      const answer = await send(client, { verb: "purge", name, command: Bun.randomUUIDv7() });
      if (answer === "unanswered" || "refused" in answer)
        return problems.push(`purge ${name}: ${JSON.stringify(answer)}`);
      const end = await endOf(client, answer.operation ?? "");
      return end === "ok" ? 0 : problems.push(`purge ${name}: ${end}`);
    });
    await Promise.all(ends);
  }
  const { machines, layers } = bed.host.world;
  if (machines.size + layers.size > 0) problems.push(`${machines.size} machines and ${layers.size} layers are left`);
}

async function checkSize(load: Attack, before: number): Promise<void> {
  const { life, figures, problems, size, mostMiB, mostDescriptors } = load;
  figures["memory of the daemon, most"] = `${mostMiB.toFixed(0)} MiB (bound: ${residentMiBMax(size)})`;
  figures["descriptors of the daemon, most"] = `${mostDescriptors} (bound: ${descriptorsMax(size)})`;
  if (mostMiB > residentMiBMax(size)) problems.push(`the daemon grew to ${mostMiB.toFixed(0)} MiB`);
  if (mostDescriptors > descriptorsMax(size)) problems.push(`the daemon had ${mostDescriptors} descriptors`);
  if (!size.looksAfterwards) return;
  const open = () => sizeOf(life.pid).descriptors;
  await until("connections are closed", () => open() <= before + descriptorsLeftMax, closingMs).catch(() =>
    problems.push(`${open()} descriptors are open when all have gone, ${before} were before`),
  );
  const { residentMiB } = sizeOf(life.pid);
  figures["memory of the daemon, at rest afterwards"] = `${residentMiB.toFixed(0)} MiB (bound: ${restingMiBMax})`;
  if (residentMiB > restingMiBMax) problems.push(`the daemon rests with ${residentMiB.toFixed(0)} MiB`);
}

/** Of a thousand instances that were, only the log tells. */
async function checkLeftovers({ life, bed, problems }: Attack): Promise<void> {
  const children = childrenOf(life.pid);
  if (children.length > 0) problems.push(`the daemon has children: ${children.join(", ")}`);
  const files = readdirSync(bed.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(bed.directory.length + 1));
  const kept = /^(log|checkpoints|keys\/daemon\.json$|keys\/seal|images\/[0-9a-f]{64}\.qcow2$|[^/]+$)/;
  const strange = files.filter((path) => !kept.test(path));
  if (strange.length > 0) problems.push(`${strange.length} files are left, one of them ${strange[0]}`);
  if ((await life.end()) !== 0) problems.push("the daemon did not end in order");
  for (const line of bed.said().split("\n")) if (/bug|internal|read-only/.test(line)) problems.push(line);
}
