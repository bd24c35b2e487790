/** Two verifiers, written apart, on the same good and damaged logs: the same verdict, and the same first bad position. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { proveRecord } from "../../../src/events/store/seals/prove.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { createDisk } from "../../simulation/disk.ts";
import { seededRandom } from "../../simulation/random.ts";
import type { Random } from "../../simulation/random.ts";
import { appendAll, directory, fixedClock, logFolder, open } from "./bed.ts";
import { mutations } from "./mutations.ts";
import type { LogFiles } from "./mutations.ts";

/** More of them, and others: STRATA_MUTATIONS=10000 STRATA_SEED=7 bun test test/events/store/mutations.test.ts */
const count = Number(process.env["STRATA_MUTATIONS"] ?? 360);
const seed = Number(process.env["STRATA_SEED"] ?? 1);
const timeoutMs = Math.max(120_000, count * 250);
const kinds = Object.keys(mutations);
const verifier = join(import.meta.dir, "../../../src/events/store/seals/bundle/verify.py.txt");
const place = mkdtempSync(join(tmpdir(), "strata-mutations-"));
afterAll(() => rmSync(place, { recursive: true, force: true }), timeoutMs);

/** Many logs by one interpreter: their folders come on its standard input. */
const loop = `
import importlib.machinery, importlib.util, json, sys, traceback
spec = importlib.util.spec_from_loader("verify", importlib.machinery.SourceFileLoader("verify", sys.argv[1])); verify = importlib.util.module_from_spec(spec); spec.loader.exec_module(verify)
for folder in sys.stdin.read().split():
    try: print(json.dumps(verify.verify(folder)))
    except Exception: print(json.dumps({"error": traceback.format_exc()}))
`;

type Verdict = {
  ok: boolean;
  kind?: string;
  position?: number;
  events?: number;
  seals?: number;
  keys?: number;
  error?: string;
};

function verdictsOfPython(folders: readonly string[]): Verdict[] {
  const { stdout, stderr, exitCode } = Bun.spawnSync(["python3", "-B", "-c", loop, verifier], {
    stdin: Buffer.from(folders.join("\n")),
    env: { PATH: process.env["PATH"] ?? "" },
  });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Verdict);
}

async function verdictOfStrata(folder: string): Promise<Verdict & { root: string; torn: number }> {
  const { damage, events, seals, root } = await verifyLog({ directory: folder, files: systemFiles });
  const about = { root, torn: seals.torn };
  return damage
    ? { ok: false, kind: damage.kind, position: damage.position, ...about }
    : { ok: true, events, seals: seals.count, keys: seals.keys, ...about };
}

/** A log of several segments and seals. */
async function soundLog(random: Random): Promise<LogFiles> {
  const files = createDisk().boot();
  const clock = fixedClock();
  const { log } = await open(files, { segmentBytes: 1500 + random.below(4000), isSealed: true, clock });
  const batches = 5 + random.below(20);
  for (let batch = 0; batch < batches; batch++) {
    await appendAll(log, [`c${batch}`]);
    if (random.chance(0.2)) await log.sealNow();
  }
  await log.close();
  const names = (await files.list(logFolder)).filter((name) => /jsonl$|^seal/.test(name));
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, Buffer.from(await files.read(`${logFolder}/${name}`))] as const),
    ),
  );
}

function store(files: LogFiles, name: string): string {
  const folder = join(place, name);
  mkdirSync(join(folder, "log"), { recursive: true });
  for (const [file, bytes] of files) writeFileSync(join(folder, "log", file), bytes);
  return folder;
}

const isSame = (a: LogFiles, b: LogFiles): boolean =>
  a.size === b.size && [...a].every(([name, bytes]) => b.get(name)?.equals(bytes) === true);

/** Without what only strata tells. */
function asPython(verdict: Verdict & { root?: string; torn?: number }): Verdict {
  const { root, torn, ...shared } = verdict;
  return root === undefined || torn === undefined ? verdict : shared;
}

interface Case {
  readonly what: string;
  readonly folder: string;
  readonly sound: LogFiles;
  readonly changed: LogFiles;
}

/** May this be passed over? Only bytes that are no part of the history: behind the end of a complete segment, or a torn seal. */
async function isHarmless({ folder, sound, changed }: Case, verdict: { root: string; torn: number }): Promise<boolean> {
  const { root } = await verifyLog({
    directory: store(sound, `${folder.slice(place.length + 1)}-before`),
    files: systemFiles,
  });
  const isSealsSame = sound.get("seals")?.equals(changed.get("seals") ?? Buffer.alloc(0)) === true;
  return verdict.root === root && (isSealsSame || verdict.torn > 0);
}

test(
  `${count} damaged logs (seed ${seed}): both verifiers find the same`,
  async () => {
    const random = seededRandom(seed);
    const cases: Case[] = [];
    for (let index = 0; index < count; index++) {
      const sound = await soundLog(random);
      const what = kinds[index % kinds.length] ?? "";
      const changed = mutations[what]?.(sound, random) ?? sound;
      cases.push({ what: `${index} ${what}`, folder: store(changed, String(index)), sound, changed });
      if (index % 20 === 0)
        cases.push({ what: `${index} sound`, folder: store(sound, `${index}-sound`), sound, changed: sound });
    }
    const python = verdictsOfPython(cases.map(({ folder }) => folder));
    const strata = await Promise.all(cases.map(({ folder }) => verdictOfStrata(folder)));
    expect(python.map((verdict, at) => [cases[at]?.what, verdict])).toEqual(
      strata.map((verdict, at) => [cases[at]?.what, asPython(verdict)]),
    );
    const missed: string[] = [];
    for (const [at, each] of cases.entries()) {
      const verdict = strata[at];
      if (verdict === undefined || verdict.ok === isSame(each.sound, each.changed)) continue;
      if (!verdict.ok || !(await isHarmless(each, verdict))) missed.push(each.what);
    }
    expect(missed).toEqual([]);
  },
  timeoutMs,
);

test("a proof checks with the verifier of the bundle, and a changed one does not", async () => {
  const files = createDisk().boot();
  const { log } = await open(files, { isSealed: true });
  await appendAll(log, ["a", "b", "c", "d"]);
  await log.close();
  const proof = await proveRecord({ directory, files }, 4);
  const check = (value: unknown) => {
    writeFileSync(join(place, "proof.json"), JSON.stringify(value));
    return Bun.spawnSync(["python3", "-B", verifier, "--proof", join(place, "proof.json")]).exitCode;
  };
  expect(check(proof)).toBe(0);
  expect(check({ ...proof, line: proof.line.replace("x", "y") })).toBe(1);
  expect(check({ ...proof, path: proof.path.toReversed() })).toBe(1);
  expect(check({ ...proof, seal: proof.seal.replace("\n6\n", "\n5\n") })).toBe(1);
  expect(check({ ...proof, position: 5 })).toBe(1);
});

test("the verifier of the bundle is short enough to be read", () => {
  expect(readFileSync(verifier, "utf8").trimEnd().split("\n").length).toBeLessThanOrEqual(200);
});
