/** Every source to its place, one after the other. */
import type { TransferPlan } from "../../commands/context.ts";
import { UserError, assert, exitCodes } from "../../errors.ts";
import { systemClock } from "../../sys/clock.ts";
import { secondsOf } from "./attributes.ts";
import { copyToEnd } from "./content.ts";
import { copyContent, copyFile, writeFile } from "./file.ts";
import { orPassedOver } from "./faults.ts";
import { copyFolder } from "./folder.ts";
import type { Job } from "./job.ts";
import { join, type Side } from "./side.ts";
import { findSource, type Found } from "./sources.ts";
import { standardInput, standardOutput } from "./streams.ts";
import { findTargets } from "./target.ts";

export interface Ends {
  readonly from: Side;
  readonly to: Side;
  /** How many bytes there will be, where that is known. */
  readonly onTotal: (bytes: number) => void;
}

/** Answers where it went, as people read it. */
export async function copyAll(plan: TransferPlan, ends: Ends, job: Job): Promise<string> {
  const { target } = plan;
  if (plan.sources[0]?.at === "stream") return fromInput(plan, ends, job);
  if (target.at === "stream") return toOutput(plan, ends, job);
  const isMany = plan.sources.length > 1;
  const find = () => findTargets(ends.to, { path: target.path, parents: plan.parents, isMany });
  // Where each source is on its own, what is wrong with the target is said first, and once.
  const early = plan.isLenient && isMany ? await find() : undefined;
  const found = await findSources(plan, ends, job);
  const targets = early ?? (await find());
  let path = target.path;
  for (const { path: source, name, node } of found) {
    const copy = async () => {
      path = targets(name, node);
      if (node.kind === "folder") await copyFolder(ends, { from: source, to: path, attributes: node }, job);
      else await copyFile(ends, source, node, path, job).catch((error) => withPaths(error, ends, source, path, job));
    };
    await (plan.isLenient ? orPassedOver(job, ends.from.show(source), copy) : copy());
  }
  return ends.to.show(isMany ? target.path : path);
}

async function findSources({ sources, recursive, isLenient }: TransferPlan, { from, onTotal }: Ends, job: Job) {
  const found: Found[] = [];
  for (const source of sources) {
    assert(source.at !== "stream", "standard input is alone");
    const find = async () => void found.push(await findSource(from, source.path, recursive));
    await (isLenient ? orPassedOver(job, from.show(source.path), find) : find());
  }
  if (found.every(({ node }) => node.kind === "file")) onTotal(found.reduce((sum, { node }) => sum + node.bytes, 0));
  return found;
}

async function toOutput(plan: TransferPlan, ends: Ends, job: Job): Promise<string> {
  const [found] = await findSources({ ...plan, recursive: false, isLenient: false }, ends, job);
  assert(found, "standard output takes one file");
  await copyContent(ends.from, found.path, found.node, standardOutput, job);
  job.tally.files += 1;
  return "-";
}

/** As a shell's `>` makes it; one that is there keeps its rights. */
const newMode = 0o644;

async function fromInput({ target, parents }: TransferPlan, { to }: Ends, job: Job): Promise<string> {
  assert(target.at !== "stream", "standard input does not go to standard output");
  const found = await to.status(target.path, true);
  if (found?.kind === "folder" || target.path.endsWith("/")) {
    throw new UserError("name-missing", `${to.show(target.path)} is a folder, and standard input has no name`, {
      exit: exitCodes.usage,
      hints: [["did you mean", `strata transfer - ${to.show(join(target.path, "NAME"))}`]],
    });
  }
  const targets = await findTargets(to, { path: target.path, parents, isMany: false });
  const path = targets("", { kind: "file" });
  await writeFile(to, path, job, async (sink) => {
    await copyToEnd(standardInput(job.signal), sink, Infinity, job);
    return { mode: found?.mode ?? newMode, seconds: secondsOf(systemClock.now().getTime() / 1000) };
  });
  return to.show(path);
}

/** What the system, or the guest's file server, says in its own words, with what it was about. */
function withPaths(error: unknown, { from, to }: Ends, source: string, target: string, job: Job): never {
  if (job.signal.aborted || error instanceof UserError || !(error instanceof Error)) throw error;
  const what = `${from.show(source)} is not copied to ${to.show(target)}`;
  throw new UserError("file-not-copied", `${what}: ${error.message}`, { cause: error });
}
