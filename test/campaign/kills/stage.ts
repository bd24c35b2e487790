/** The lives of a scenario: what went before, the attacked one, and those that recover. The same code in the killed process and outside. */
import { chmodSync, cpSync, mkdirSync, rmdirSync } from "node:fs";
import { UserError } from "../../../src/errors.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { repairFrom } from "../../../src/events/store/repair/from-copy.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { systemIds } from "../../../src/sys/ids.ts";
import { seededRandom } from "../../simulation/random.ts";
import { createFastClock } from "./clock.ts";
import { createFaultyFiles } from "./faults.ts";
import { beginLife, caller, dataIn, type Life, type LifeOptions } from "./life.ts";
import { copyIn, type Scenario } from "./scenarios/scenario.ts";

/** What a process is told to do, and what its kill is judged by. */
export interface Order {
  readonly scenario: string;
  readonly seed: number;
  readonly root: string;
  readonly stage: "attacked" | "recovery";
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Named once the calls count. */
export const markIn = (root: string): string => `${root}/mark`;

const options = ({ isHostRebooted, segmentBytes }: Scenario, root: string, laterMs: number): LifeOptions => ({
  root,
  laterMs,
  boot: isHostRebooted && laterMs > 0 ? "boot 2" : "boot 1",
  ...(segmentBytes === undefined ? {} : { segmentBytes }),
});

/** Makes the state that is attacked. */
export async function prepare(scenario: Scenario, seed: number, root: string): Promise<void> {
  const random = seededRandom(seed);
  mkdirSync(root, { recursive: true });
  if (scenario.before) {
    const life = await beginLife(options(scenario, root, 0));
    await scenario.before(life, random);
    await life.close();
    if (scenario.isHostRebooted) life.happens((machines) => machines.rebootHost());
  }
  if (scenario.isRepair) cpSync(dataIn(root), copyIn(root), { recursive: true });
  scenario.harm?.(root, random);
}

/** The life that is killed. Resolves when it was not. */
export async function attack(scenario: Scenario, seed: number, root: string): Promise<void> {
  const random = seededRandom(seed + 1);
  const fault = scenario.fault && createFaultyFiles(scenario.fault(random));
  if (scenario.isStartAttacked || scenario.isRepair) mark(root);
  if (scenario.isRepair) return repair(root);
  const life = await beginLife({ ...options(scenario, root, hourMs), ...(fault && { files: fault.files }) });
  if (!scenario.isStartAttacked) {
    await life.idle();
    await life.sealed();
    mark(root);
  }
  fault?.arm();
  await scenario.act?.(life, random);
  await life.close();
}

/** There is no such directory: the call does nothing but be seen. */
function mark(root: string): void {
  try {
    rmdirSync(markIn(root));
  } catch {
    // As expected.
  }
}

/** From the copy; a log that is whole again needs nothing. */
async function repair(root: string): Promise<void> {
  const clock = createFastClock(hourMs);
  const by = { ...caller.actor, via: "files" } as const;
  const options = { directory: dataIn(root), files: systemFiles, clock, ids: systemIds, by, from: copyIn(root) };
  try {
    await repairFrom({ ...options, isWanted: true });
  } catch (error) {
    if (!(error instanceof UserError) || error.code !== "log-intact") throw error;
  }
}

/** Every fourth seed recovers when all deadlines are over. */
const recoveryLaterMs = (seed: number): number => (seed % 4 === 3 ? 10 * hourMs : hourMs + minuteMs);

/** What a person and the daemon do after a kill. The caller closes the life. */
export async function recover(scenario: Scenario, seed: number, root: string): Promise<Life> {
  if (scenario.isRepair && (await verifyLog({ directory: dataIn(root), files: systemFiles })).damage)
    await repair(root);
  const life = await beginLife(options(scenario, root, recoveryLaterMs(seed)));
  await life.idle();
  return life;
}

/** A copy of the state with its modes. */
export function copyState(from: string, to: string): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
  chmodSync(to, 0o700);
}
