/** The part `requests`. `STRATA_REQUESTS=1000000` for more than the usual number; `bun …/requests.ts SEED POINT` for one. */
import { type FireBed, growthBytesMax, startFireBed } from "../../api/fire-bed.ts";
import { type MadeUp, madeUpRequest } from "../../api/requests.ts";
import { seededRandom } from "../../simulation/random.ts";
import type { Failure, Findings, Order, Part } from "../part.ts";

const counts = { sample: 2_000, full: 100_000 };
/** Well-formed, these would end the daemon, try KVM, ask image hosts, or set a passphrase. */
const notAsked = /^(daemon\.(stop|doctor)|image\.(find|trust)|instance\.launch|passphrase\.set)$/;
const atOnce = 8;
/** Of a request that is shown. */
const shownMax = 300;

export const requests: Part = {
  name: "requests",
  what:
    "Requests made up from the contract's own schemas, and spoilt, against a real daemon: each is refused with a code or " +
    "answered, nothing is recorded or reported, and its memory is bounded.",
  async run({ size, seed, tell }: Order): Promise<Findings> {
    const count = Number(process.env["STRATA_REQUESTS"] ?? counts[size]);
    const bed = await startFireBed();
    try {
      return await fire(bed, { seed, count, tell });
    } finally {
      await bed.close();
    }
  },
};

async function fire(bed: FireBed, { seed, count, tell }: Pick<Order, "seed" | "tell"> & { count: number }) {
  const failures: Failure[] = [];
  const answers: Record<Answer, number> = { refused: 0, taken: 0, "not asked": 0 };
  const [position, bytesBefore] = [await bed.positionNow(), bed.residentBytes()];
  const whole = `STRATA_REQUESTS=${count} bun test/campaign/run.ts --seed ${seed} requests`;
  let next = 0;
  const worker = async () => {
    for (let point = next++; point < count; point = next++) {
      const { answer, failure } = await ask(bed, seed, point);
      answers[answer]++;
      if (failure !== undefined)
        failures.push({ what: failure, again: `bun test/campaign/requests/requests.ts ${seed} ${point}` });
      tell(`${point} of ${count} requests, ${failures.length} failures`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const grown = bed.residentBytes() - bytesBefore;
  const moved = await bed.moved(position);
  if (moved !== undefined) failures.push({ what: moved, again: whole });
  if (grown > growthBytesMax) failures.push({ what: `the daemon grew by ${grown >> 20} MiB`, again: whole });
  return { points: count, failures, figures: { ...answers, "memory grown by": `${grown >> 20} MiB` } };
}

type Answer = "refused" | "taken" | "not asked";

/** Sends one request, which the seed and its number decide, and judges what comes back. */
async function ask(bed: FireBed, seed: number, point: number): Promise<{ answer: Answer; failure?: string }> {
  const made = madeUpRequest(seededRandom(seed * 1_000_003 + point));
  if (made.isValid && (notAsked.test(made.call) || made.isEndless)) return { answer: "not asked" };
  const told = await bed.post(made.call, made.body).catch((error: unknown) => ({ status: 0, code: String(error) }));
  if (made.isValid && told.status === 200) return { answer: "taken" };
  const isTold = told.status >= 400 && told.code !== "internal" && /^[a-z]+(-[a-z]+)*$/.test(told.code ?? "");
  return { answer: "refused", ...(isTold ? {} : { failure: `${told.status} ${told.code} for ${shown(made)}` }) };
}

const shown = ({ call, body }: MadeUp): string => `${call} ${JSON.stringify(body.slice(0, shownMax))}`;

if (import.meta.main) {
  const [seed = Number.NaN, point = Number.NaN] = process.argv.slice(2).map(Number);
  const bed = await startFireBed();
  try {
    const position = await bed.positionNow();
    const { answer, failure } = await ask(bed, seed, point);
    const problem = failure ?? (await bed.moved(position));
    console.log(problem ?? answer);
    process.exitCode = problem === undefined ? 0 : 1;
  } finally {
    await bed.close();
  }
}
