/** One damaged log after the other, judged: a point is a seed and a number, and can be made again alone. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "../../simulation/random.ts";
import { type LogFiles, mutations } from "./damage.ts";
import { isSame, soundLog, store } from "./logs.ts";
import { type OwnVerdict, type Verdict, verdictOfStrata, verdictsOfPython } from "./verdicts.ts";

const kinds = Object.keys(mutations);
/** Every so manieth log stays sound: nothing may be found in it. */
const soundEvery = 20;

export interface Judged {
  readonly point: number;
  readonly kind: string;
  /** What the verifiers say of it. */
  readonly verdict: string;
  readonly failure?: string;
}

interface Case {
  readonly point: number;
  readonly kind: string;
  readonly folder: string;
  readonly sound: LogFiles;
  readonly changed: LogFiles;
}

/** Makes and judges these points; their folders are gone afterwards. */
export async function judgePoints(seed: number, points: readonly number[]): Promise<Judged[]> {
  const place = mkdtempSync(join(tmpdir(), "strata-mutations-"));
  try {
    const cases: Case[] = [];
    for (const point of points) cases.push(await makeCase(place, seed, point));
    const python = verdictsOfPython(cases.map(({ folder }) => folder));
    const judged: Judged[] = [];
    for (const [at, each] of cases.entries()) judged.push(await judge(place, each, python[at] ?? {}));
    return judged;
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function makeCase(place: string, seed: number, point: number): Promise<Case> {
  const random = seededRandom(seed * 1_000_003 + point);
  const sound = await soundLog(random);
  const kind = point % soundEvery === 0 ? "sound" : (kinds[point % kinds.length] ?? "");
  const changed = mutations[kind]?.(sound, random) ?? sound;
  return { point, kind, folder: store(place, String(point), changed), sound, changed };
}

async function judge(place: string, each: Case, python: Verdict): Promise<Judged> {
  const own = await verdictOfStrata(each.folder);
  const { point, kind, sound, changed } = each;
  const { shared } = own;
  const about = { point, kind, verdict: shared.kind ?? "sound" };
  if (!Bun.deepEquals(python, shared))
    return { ...about, failure: `strata says ${JSON.stringify(shared)}, the other verifier ${JSON.stringify(python)}` };
  if (shared.ok === isSame(sound, changed)) return about;
  if (shared.ok && (await isHarmless(place, each, own))) return { ...about, verdict: "harmless" };
  return { ...about, failure: shared.ok ? "the damage is not found" : `${shared.kind} is found in a sound log` };
}

/** May this be passed over? Only bytes that are no part of the history: behind the end of a complete segment, or a torn seal. */
async function isHarmless(place: string, { point, sound, changed }: Case, own: OwnVerdict): Promise<boolean> {
  const before = await verdictOfStrata(store(place, `${point}-before`, sound));
  const isSealsSame = sound.get("seals")?.equals(changed.get("seals") ?? Buffer.alloc(0)) === true;
  return own.root === before.root && (isSealsSame || own.torn > 0);
}
