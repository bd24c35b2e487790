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
/** Over the second half, by the straight line through it: less than this is the collector's coming and going. */
const growthMiBMax = 12;
const descriptorsGrowthMax = 4;
/** Shorter than this, the second half is still the beginning: caches and pools fill. */
const judgedSeconds = 300;

export const soak: Part = {
  name: "soak",
  what: "Keeps a daemon busy with a steady mix of clients, machines that end by themselves, launches and purges: the line through its memory over the second half may rise by at most 12 MiB, that through its descriptors by at most 4.",
  async run({ size, seed, tell }) {
    const seconds = size === "sample" ? sampleSeconds : 60 * Number(process.env["STRATA_SOAK_MINUTES"] ?? fullMinutes);
    const bed = await createBed({ random: seededRandom(seed + 1), waitMsMax: 3 });
    try {
      const { requests, problems, looks } = await soakFor(bed, seconds, seed, tell);
      problems.push(...judge(looks, seconds));
      const again =
        size === "full"
          ? `STRATA_SOAK_MINUTES=${seconds / 60} bun test/campaign/run.ts --full --seed ${seed} soak`
          : `bun test/campaign/run.ts --seed ${seed} soak`;
      const failures: Failure[] = problems.map((what) => ({ what, again }));
      return { points: requests, failures, figures: figuresOf(looks, requests) };
    } finally {
      await bed.close();
    }
  },
};

interface Look {
  readonly seconds: number;
  readonly residentMiB: number;
  readonly descriptors: number;
}

async function soakFor(bed: Bed, seconds: number, seed: number, tell: CampaignOrder["tell"]) {
  const life = await bed.start();
  const startedMs = performance.now();
  const passed = () => (performance.now() - startedMs) / 1000;
  const state = { requests: 0, problems: [] as string[], looks: [] as Look[] };
  const watching = setInterval(() => {
    const { residentMiB, descriptors } = sizeOf(life.pid);
    state.looks.push({ seconds: passed(), residentMiB, descriptors });
    tell(
      `${passed().toFixed(0)} s: ${state.requests} requests, ${residentMiB.toFixed(0)} MiB, ${descriptors} descriptors`,
    );
  }, lookMs);
  try {
    const clients = Array.from({ length: clientsCount }, (_, index) =>
      oneClient(bed, life, seed * 1000 + index, state, () => passed() >= seconds),
    );
    await Promise.all(clients);
  } finally {
    clearInterval(watching);
  }
  if ((await life.end()) !== 0) state.problems.push("the daemon did not end in order");
  for (const line of bed.said().split("\n")) if (/bug|internal|read-only/.test(line)) state.problems.push(line);
  return state;
}

const names = Array.from({ length: namesCount }, (_, index) => `m${index}`);

/** A client that comes anew now and then, as programs do. */
async function oneClient(
  bed: Bed,
  life: Life,
  seed: number,
  state: { requests: number; readonly problems: string[] },
  isOver: () => boolean,
): Promise<void> {
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
      state.problems.push(String(error));
    }
    state.requests += 1;
    await Bun.sleep(random.below(pauseMsMax));
  }
}

/** A guest that powers itself off. */
function endOne({ host }: Bed, choice: number): void {
  const running = [...host.world.machines].filter(([, { power }]) => power === "running");
  const [id] = running[Math.floor(choice * running.length)] ?? [];
  if (id !== undefined) host.world.end(id, "guest");
}

const secondHalf = (looks: readonly Look[]): readonly Look[] => looks.slice(looks.length >> 1);
const memory = ({ seconds, residentMiB }: Look): Measured => ({ seconds, value: residentMiB });
const open = ({ seconds, descriptors }: Look): Measured => ({ seconds, value: descriptors });

/** By how much the line through the second half rises from its beginning to its end. */
function rise(looks: readonly Look[], of: (look: Look) => Measured): number {
  const half = secondHalf(looks);
  return slopeOf(half.map(of)) * ((half.at(-1)?.seconds ?? 0) - (half[0]?.seconds ?? 0));
}

function judge(looks: readonly Look[], seconds: number): string[] {
  if (seconds < judgedSeconds) return [];
  const [mib, descriptors] = [rise(looks, memory), rise(looks, open)];
  return [
    ...(mib > growthMiBMax ? [`memory rose by ${mib.toFixed(1)} MiB in the second half`] : []),
    ...(descriptors > descriptorsGrowthMax ? [`descriptors rose by ${descriptors.toFixed(1)} in the second half`] : []),
  ];
}

function figuresOf(looks: readonly Look[], requests: number): Record<string, string | number> {
  const half = secondHalf(looks);
  const from = half[0]?.residentMiB ?? 0;
  const [mib, descriptors] = [rise(looks, memory), rise(looks, open)];
  const most = Math.max(...looks.map(({ descriptors: count }) => count));
  return {
    requests,
    "seconds watched": Math.round(looks.at(-1)?.seconds ?? 0),
    "memory at the middle and at the end": `${from.toFixed(0)} MiB, ${(half.at(-1)?.residentMiB ?? 0).toFixed(0)} MiB`,
    "memory, rise over the second half": `${mib.toFixed(1)} MiB (bound: ${growthMiBMax})`,
    "descriptors, rise over the second half": `${descriptors.toFixed(1)} (bound: ${descriptorsGrowthMax}; most: ${most})`,
  };
}
