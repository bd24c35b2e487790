/** Kills one scenario at its calls, and judges what each kill left. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../../src/errors.ts";
import { seededRandom } from "../../simulation/random.ts";
import { judge } from "./judge.ts";
import { dataIn } from "./life.ts";
import { scenarioNamed } from "./scenarios/index.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { copyState, markIn, type Order, prepare } from "./stage.ts";
import { type Call, runTraced, type Traced } from "./tracer.ts";

/** One kill: at this call, with so much of it carried out if it is a write. */
export interface Kill {
  readonly at: number;
  readonly sixteenths: number;
}

/** A kill of a scenario, and perhaps one of the recovery from it. */
export interface Point {
  readonly scenario: string;
  readonly seed: number;
  readonly kill: Kill;
  readonly second?: Kill;
}

export interface Judged {
  readonly point: Point;
  /** What the (last) kill met; undefined when the program was over before. */
  readonly call?: Call;
  readonly acked: number;
  readonly durable: number;
  readonly isRepaired: boolean;
  /** What does not hold. */
  readonly wrong?: string;
}

export interface SweepOptions {
  /** Of this sweep alone. */
  readonly scratch: string;
  /** The bundled victim. */
  readonly victim: string;
}

export interface Sweep {
  /** Calls of the whole scenario, and of the whole recovery from a first kill. */
  calls(): readonly Call[];
  recoveryCalls(kill: Kill): readonly Call[];
  judge(kill: Kill, second?: Kill): Promise<Judged>;
  close(): void;
}

/** Compiling costs such a short life more than it gains. */
const environment = {
  PATH: process.env["PATH"] ?? "",
  HOME: "/nonexistent",
  BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0",
  TZ: "UTC",
  BUN_JSC_useBaselineJIT: "0",
  BUN_JSC_useDFGJIT: "0",
};

/** Makes the scenario's state. Throws when the scenario does not even run to its end without a kill. */
export async function openSweep({ scratch, victim }: SweepOptions, name: string, seed: number): Promise<Sweep> {
  const scenario = scenarioNamed(name);
  const [template, root] = [join(scratch, "template"), join(scratch, "root")];
  rmSync(scratch, { recursive: true, force: true });
  await prepare(scenario, seed, template);
  const run = (from: string, stage: Order["stage"], { at, sixteenths }: Kill): Traced => {
    rmSync(root, { recursive: true, force: true });
    copyState(from, root);
    const order: Order = { scenario: name, seed, root, stage };
    return runTraced({
      argv: [process.execPath, victim, JSON.stringify(order)],
      env: environment,
      directory: dataIn(root),
      mark: stage === "attacked" ? markIn(root) : "",
      killAt: at,
      sixteenths,
      output: outputOf(root),
    });
  };
  const whole = (from: string, stage: Order["stage"]): readonly Call[] => {
    const { end, calls } = run(from, stage, { at: 0, sixteenths: 0 });
    if (end.kind === "exit" && end.code === 0) return calls;
    throw new Error(`${name} ${seed}, ${stage}, ended with ${JSON.stringify(end)}: ${said(root)}`);
  };
  const killed = join(scratch, "killed");
  let killedAt: Kill | undefined;
  /** The state after a first kill, kept for the recoveries from it; undefined when it was not met. */
  const afterFirst = (kill: Kill): string | undefined => {
    if (killedAt?.at === kill.at && killedAt.sixteenths === kill.sixteenths) return killed;
    if (!isKilled(run(template, "attacked", kill), kill)) return undefined;
    rmSync(killed, { recursive: true, force: true });
    copyState(root, killed);
    killedAt = kill;
    return killed;
  };
  return {
    calls: () => whole(template, "attacked"),
    recoveryCalls: (kill) => {
      const from = afterFirst(kill);
      return from === undefined ? [] : whole(from, "recovery");
    },
    judge: async (kill, second) => {
      const point = { scenario: name, seed, kill, ...(second && { second }) };
      const last = second ?? kill;
      const from = second === undefined ? template : afterFirst(kill);
      const missed = { point, acked: 0, durable: 0, isRepaired: false };
      if (from === undefined) return missed;
      const traced = run(from, second === undefined ? "attacked" : "recovery", last);
      const call = traced.calls.at(-1);
      if (!isKilled(traced, last) || call === undefined)
        return {
          ...missed,
          ...(isWhole(traced) ? {} : { wrong: `it ended with ${JSON.stringify(traced.end)}: ${said(root)}` }),
        };
      return { ...(await verdictOf(scenario, seed, root)), point, call };
    },
    close: () => rmSync(scratch, { recursive: true, force: true }),
  };
}

async function verdictOf(scenario: Scenario, seed: number, root: string) {
  try {
    return await judge(scenario, seed, root);
  } catch (error) {
    return { acked: 0, durable: 0, isRepaired: false, wrong: messageOf(error) };
  }
}

const outputOf = (root: string): string => `${root}/output`;
const said = (root: string): string => readFileSync(outputOf(root), "utf8").trim().slice(-600);
const isWhole = ({ end }: Traced): boolean => end.kind === "exit" && end.code === 0;
/** By us, and at that call: a program that ends by itself in front of it was not attacked. */
const isKilled = ({ end, calls }: Traced, { at }: Kill): boolean =>
  end.kind === "signal" && end.signal === 9 && calls.length === at;

/** Every call once, and each write once more, cut somewhere. */
export function killsOf(calls: readonly Call[], seed: number): Kill[] {
  const random = seededRandom(seed + 2);
  return calls.flatMap(({ name, bytes }, index) => {
    const at = index + 1;
    const whole = { at, sixteenths: 0 };
    return name === "pwrite64" && bytes >= 16 ? [whole, { at, sixteenths: 1 + random.below(15) }] : [whole];
  });
}
