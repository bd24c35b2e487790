/** A daemon under a steady mixed load for a long time: what it holds must not grow. `STRATA_SOAK_MINUTES`: how long, if not an hour. */
import { seededRandom } from "../../simulation/random.ts";
import type { Failure, Order as CampaignOrder, Part } from "../part.ts";
import { type Bed, createBed, type Life } from "../world/bed.ts";
import { sizeOf } from "../world/facts.ts";
import { anyOrder, send } from "../world/orders.ts";
import { anyQuestion } from "../world/questions.ts";
import { type Measured, slopeOf } from "./slope.ts";

const sampleSeconds = 8;
const fullMinutes = 60;
const clientsCount = 8;
const namesCount = 40;
/** Between two requests of one client. */
const pauseMsMax = 100;
/** Between two looks at the daemon. */
const lookMs = 1_000;
/**
 * Under load, memory swings by some 60 MiB with the collector. So the load rests once a minute, long enough for the daemon to
 * notice that it rests and to give back what it does not need: what it then holds is what is looked at.
 */
const loadSeconds = 50;
const restSeconds = 10;
/** The daemon cuts idle connections after half a minute: longer than a rest, so they are looked at once, at the end. */
const idleSeconds = 60;
/** Over the second half, by the straight line through what was held at rest. */
const growthMiBMax = 8;
const filesGrowthMax = 4;
/** Fewer rests make no line. */
const restsMin = 4;

export const soak: Part = {
  name: "soak",
  what: "Keeps a daemon busy with a steady mix of clients, machines that end by themselves, launches and purges, resting for ten seconds a minute: over the second half, the line through its memory at rest may rise by at most 8 MiB, that through its open files by at most 4; at the end no connection is left.",
  async run({ size, seed, tell }) {
    const seconds = size === "sample" ? sampleSeconds : 60 * Number(process.env["STRATA_SOAK_MINUTES"] ?? fullMinutes);
    const bed = await createBed({ random: seededRandom(seed + 1), waitMsMax: 3 });
    try {
      const { requests, problems, looks, rests } = await soakFor(bed, seconds, seed, tell);
      problems.push(...judge(rests));
      const again =
        size === "full"
          ? `STRATA_SOAK_MINUTES=${seconds / 60} bun test/campaign/run.ts --full --seed ${seed} soak`
          : `bun test/campaign/run.ts --seed ${seed} soak`;
      const failures: Failure[] = problems.map((what) => ({ what, again }));
      return { points: requests, failures, figures: figuresOf(looks, rests, requests) };
    } finally {
      await bed.close();
    }
  },
};

interface Look {
  readonly seconds: number;
  readonly residentMiB: number;
  readonly descriptors: number;
  readonly sockets: number;
}

interface Soaking {
  requests: number;
  readonly problems: string[];
  /** At work and at rest. */
  readonly looks: Look[];
  /** At the end of each rest. */
  readonly rests: Look[];
}

async function soakFor(bed: Bed, seconds: number, seed: number, tell: CampaignOrder["tell"]): Promise<Soaking> {
  const life = await bed.start();
  const startedMs = performance.now();
  const socketsBefore = sizeOf(life.pid).sockets;
  const passed = () => (performance.now() - startedMs) / 1000;
  const soaking: Soaking = { requests: 0, problems: [], looks: [], rests: [] };
  const look = (): Look => ({ seconds: passed(), ...sizeOf(life.pid) });
  const watching = setInterval(() => {
    soaking.looks.push(look());
    tell(
      `${passed().toFixed(0)} s: ${soaking.requests} requests, ${soaking.rests.at(-1)?.residentMiB.toFixed(0)} MiB at rest`,
    );
  }, lookMs);
  try {
    for (let minute = 0; passed() < seconds; minute++) {
      const until = Math.min(passed() + loadSeconds, seconds);
      const clients = Array.from({ length: clientsCount }, (_, index) =>
        oneClient(bed, life, seed * 100_000 + minute * 100 + index, soaking, () => passed() >= until),
      );
      await Promise.all(clients);
      if (passed() >= seconds) break;
      await Bun.sleep(restSeconds * 1000);
      soaking.rests.push(look());
    }
    if (soaking.rests.length >= restsMin) await untilLeft(look, socketsBefore, soaking);
  } finally {
    clearInterval(watching);
  }
  if ((await life.end()) !== 0) soaking.problems.push("the daemon did not end in order");
  for (const line of bed.said().split("\n")) if (/bug|internal|read-only/.test(line)) soaking.problems.push(line);
  return soaking;
}

/** No more connections than before anybody came. */
async function untilLeft(look: () => Look, before: number, { problems }: Soaking): Promise<void> {
  const last = look().seconds + idleSeconds;
  for (let now = look(); now.sockets > before; now = look()) {
    if (now.seconds > last) {
      problems.push(
        `${now.sockets} sockets are open ${idleSeconds} s after the last request, ${before} at the beginning`,
      );
      return;
    }
    await Bun.sleep(lookMs);
  }
}

const names = Array.from({ length: namesCount }, (_, index) => `m${index}`);

/** A client that comes anew now and then, as programs do. */
async function oneClient(bed: Bed, life: Life, seed: number, soaking: Soaking, isOver: () => boolean): Promise<void> {
  const random = seededRandom(seed);
  let client = life.client();
  while (!isOver()) {
    try {
      if (random.chance(0.02)) client = life.client();
      if (random.chance(0.02)) endOne(bed, random.next());
      if (random.chance(0.6)) await anyQuestion(client, random, names);
      else if ((await send(client, anyOrder(random, names))) === "unanswered")
        throw new Error("a command was not answered");
    } catch (error) {
      soaking.problems.push(String(error));
    }
    soaking.requests += 1;
    await Bun.sleep(random.below(pauseMsMax));
  }
}

/** A guest that powers itself off. */
function endOne({ host }: Bed, choice: number): void {
  const running = [...host.world.machines].filter(([, { power }]) => power === "running");
  const [id] = running[Math.floor(choice * running.length)] ?? [];
  if (id !== undefined) host.world.end(id, "guest");
}

const memory = ({ seconds, residentMiB }: Look): Measured => ({ seconds, value: residentMiB });
const open = ({ seconds, descriptors }: Look): Measured => ({ seconds, value: descriptors });
const files = ({ seconds, descriptors, sockets }: Look): Measured => ({ seconds, value: descriptors - sockets });

/** By how much the line through the second half rises from its beginning to its end. */
function rise(looks: readonly Look[], of: (look: Look) => Measured): number {
  const half = looks.slice(looks.length >> 1);
  return slopeOf(half.map(of)) * ((half.at(-1)?.seconds ?? 0) - (half[0]?.seconds ?? 0));
}

function judge(rests: readonly Look[]): string[] {
  if (rests.length < restsMin) return [];
  const [mib, opened] = [rise(rests, memory), rise(rests, files)];
  return [
    ...(mib > growthMiBMax ? [`memory at rest rose by ${mib.toFixed(1)} MiB in the second half`] : []),
    ...(opened > filesGrowthMax ? [`open files rose by ${opened.toFixed(1)} in the second half`] : []),
  ];
}

function figuresOf(looks: readonly Look[], rests: readonly Look[], requests: number): Record<string, string | number> {
  const most = (of: (look: Look) => Measured) => Math.max(...looks.map((look) => of(look).value)).toFixed(0);
  const atRest = rests.map(({ residentMiB }) => residentMiB.toFixed(0)).join(", ");
  return {
    requests,
    "seconds watched": Math.round(looks.at(-1)?.seconds ?? 0),
    "most at work": `${most(memory)} MiB, ${most(open)} descriptors`,
    "memory at rest, a rest each": `${atRest || "no rest"} MiB`,
    "memory at rest, rise over the second half": `${rise(rests, memory).toFixed(1)} MiB (bound: ${growthMiBMax})`,
    "open files at rest, rise over the second half": `${rise(rests, files).toFixed(1)} (bound: ${filesGrowthMax})`,
  };
}
