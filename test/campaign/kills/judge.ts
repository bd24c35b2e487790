/** What must hold after a kill: nothing acknowledged is missing, nothing is there twice or by half, and recovery ends. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { upcast } from "../../../src/events/catalog.ts";
import type { Recorded } from "../../../src/events/envelope.ts";
import { verifyLog } from "../../../src/events/store/audit.ts";
import { emptyWorld, evolveWorld, freezeWorld } from "../../../src/events/world.ts";
import { systemFiles } from "../../../src/sys/files.ts";
import { changedLayer } from "../../simulation/invariants.ts";
import { type Journal, readJournal } from "./journal.ts";
import { dataIn, journalIn, type Life } from "./life.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { recover } from "./stage.ts";
import { until } from "./until.ts";

export interface Verdict {
  /** Commands that were acknowledged, and records that were durable, before the kill. */
  readonly acked: number;
  readonly durable: number;
  /** The start cut something that was torn. */
  readonly isRepaired: boolean;
}

/** What only a start and a stop write, and what is done now and then, if a life is that long. */
const ofStart = ["daemon.started", "daemon.stopped", "layers.discarded", "layers.merged"];

/** Recovers twice. Throws what is wrong. */
export async function judge(scenario: Scenario, seed: number, root: string): Promise<Verdict> {
  const before = readJournal(journalIn(root));
  if (!scenario.isRepair) await checkVerified(root, "before recovery", false);
  const first = await lived(await recover(scenario, seed, root), async (life) => {
    await agreed(life);
    checkJournal(await recordsOf(life), before);
    await sendAgain(life, before);
    await agreed(life);
    await checkReplay(life);
    checkJournal(await recordsOf(life), readJournal(journalIn(root)));
    return life.repaired.length > 0;
  });
  const kept = segmentsOf(root);
  await lived(await recover(scenario, seed, root), async (life) => {
    demand(life.repaired.length === 0, "the second recovery repairs again");
    await agreed(life);
    const added = (await recordsOf(life)).slice(kept.records);
    const odd = added.filter(({ type }) => !ofStart.includes(type) && type !== "log.segment");
    demand(odd.length === 0, `the second recovery writes ${odd.map(({ type }) => type).join(", ")}`);
  });
  const again = segmentsOf(root).files;
  for (const [name, bytes] of kept.files)
    demand(again.get(name)?.startsWith(bytes) === true, `the second recovery changes ${name}`);
  await checkVerified(root, "after recovery", true);
  return { acked: before.acked.size, durable: before.durable.size, isRepaired: first };
}

function demand(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}

/** Closes the life whatever comes, and lets no bug pass that the daemon only noted. */
async function lived<Value>(life: Life, work: (life: Life) => Promise<Value>): Promise<Value> {
  let isOver = false;
  try {
    const value = await work(life);
    isOver = true;
    await life.close();
    checkFiles(life);
    const bugs = life.reports.filter((line) => line.includes("bug:") || line.includes("not a function"));
    demand(bugs.length === 0, bugs.join("; "));
    return value;
  } finally {
    if (!isOver) await life.close().catch(() => undefined);
  }
}

async function recordsOf({ log }: Life): Promise<Recorded[]> {
  const records: Recorded[] = [];
  for await (const record of log.read({})) records.push(record);
  return records;
}

/** Every durable record unchanged, every acknowledged command once, with its operation; no batch by half. */
function checkJournal(records: readonly Recorded[], { sent, acked, refused, durable }: Journal): void {
  const hashes = new Map(records.map(({ position, hash }) => [position, hash]));
  for (const [position, hash] of durable)
    demand(
      hashes.get(position) === hash,
      `record ${position}, which was durable, is ${hashes.has(position) ? "changed" : "lost"}`,
    );
  const batches = batchesOf(records);
  const commands = new Map<string, Recorded[]>();
  for (const [first] of batches) {
    if (first === undefined) continue;
    demand(
      !commands.has(first.command) || first.type.startsWith("log."),
      `command ${first.command} is there twice (${first.type})`,
    );
    commands.set(first.command, [...(commands.get(first.command) ?? []), first]);
  }
  for (const [command, code] of refused) {
    const isSure = !code.startsWith("storage-") && code !== "log-closed";
    demand(!isSure || !commands.has(command), `${sent.get(command)?.call}, which was refused (${code}), is there`);
  }
  for (const [command, operation] of acked) {
    if (operation === undefined) continue;
    const call = sent.get(command)?.call ?? "?";
    // A cancel names the operation that it ends, and is refused or recorded as a part of that.
    const isThere = records.some((record) => record.operation === operation);
    demand(isThere, `the operation of ${call}, which was acknowledged, is lost`);
    demand(call === "operation.cancel" || commands.has(command), `the acknowledged command ${call} is lost`);
  }
}

function batchesOf(records: readonly Recorded[]): Recorded[][] {
  const batches: Recorded[][] = [];
  for (const record of records) {
    const [index, of] = record.batch ?? [1, 1];
    const current = index === 1 ? [] : (batches.pop() ?? []);
    demand(
      current.length === index - 1,
      `record ${record.position} is part ${index} of ${of} of a batch that lacks others`,
    );
    batches.push([...current, record]);
    const next = records[record.position];
    if (index < of) demand(next?.command === record.command, `the batch at record ${record.position} is there by half`);
  }
  return batches;
}

/** Commands that may be sent again at once; a burst has more. */
const againMax = 6;

/** A client that does not know whether its command ran sends it again: it runs once. */
async function sendAgain(life: Life, { sent, acked }: Journal): Promise<void> {
  const calls = [...sent.values()].filter(({ call }) => call.includes("."));
  const unsure = calls.filter(({ command }) => !acked.has(command));
  const sure = calls.filter(({ command, call }) => acked.get(command) !== undefined || isLasting(call, command, acked));
  for (const { command, call, input } of [...unsure, ...sure].slice(-againMax)) {
    const answer = await life.call(call, input, command);
    if (!acked.has(command)) continue;
    demand(answer !== undefined, `${call}, which was acknowledged, is refused when it is sent again`);
    demand(answer?.operation?.id === acked.get(command), `${call}, sent again, is answered with another operation`);
  }
}

/** Done without an operation, and recorded all the same. */
const isLasting = (call: string, command: string, acked: Journal["acked"]): boolean =>
  call.startsWith("image.") && acked.has(command);

/** Waits until nothing is pending, and what is believed is what is. */
async function agreed(life: Life): Promise<void> {
  await life.idle();
  let difference: string | undefined;
  await until("belief and machines agree", () => {
    difference = life.core.dispatcher.world().pending.size > 0 ? "an operation is pending" : differenceOf(life);
    return difference === undefined;
  }).catch((error: unknown) => {
    throw new Error(difference ?? "belief and machines do not agree", { cause: error });
  });
}

function differenceOf({ core, machines }: Life): string | undefined {
  const { instances } = core.dispatcher.world();
  for (const { id, name, power, pending, hardware, layer } of instances.values()) {
    const machine = machines.machines.get(id);
    const real = machine?.power ?? "off";
    if (hardware && machine && machine.top !== layer)
      return `${name} is believed to write to ${layer}, and writes to ${machine.top}`;
    const isSame = (power === "running") === (real === "running") && (power === "suspended") === (real === "suspended");
    if (!isSame) return `${name} is believed ${power}, is ${real}${pending ? ", pending" : ""}`;
  }
  for (const id of machines.machines.keys()) if (!instances.has(id)) return `machine ${id} is nobody's`;
  for (const { name, hardware, layer, points } of instances.values())
    for (const top of hardware ? [layer, ...points.map((point) => point.layer)] : [])
      for (let at: string | undefined = top; at !== undefined; at = machines.layers.get(at)?.parent)
        if (!machines.layers.has(at)) return `layer ${at} of ${name} is gone`;
  return changedLayer(machines);
}

/** What the daemon believes is what the whole log says, without any checkpoint. */
async function checkReplay(life: Life): Promise<void> {
  await until("all records are durable", () => life.log.durable() === life.log.position());
  const records = await recordsOf(life);
  const replayed = emptyWorld();
  for (const record of records) evolveWorld(replayed, upcast(record));
  const isSame = Bun.deepEquals(freezeWorld(life.core.dispatcher.world()), freezeWorld(replayed));
  demand(isSame, "the daemon believes something else than its log says");
}

const namesIn = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder).sort() : []);

/** No file that nobody knows, none missing that somebody needs. */
function checkFiles({ root, core }: Life): void {
  const data = dataIn(root);
  const { instances, images } = core.dispatcher.world();
  const all = readdirSync(data, { recursive: true }).map(String);
  const leftovers = all.filter((name) => name.endsWith(".tmp"));
  demand(leftovers.length === 0, `left behind: ${leftovers.join(", ")}`);
  demand(namesIn(join(data, "images", "incoming")).length === 0, "an image is left in images/incoming");
  const stored = namesIn(join(data, "images")).filter((name) => name !== "incoming");
  const known = [...images.values()].map(({ sha256, format }) => `${sha256}.${format}`).sort();
  demand(Bun.deepEquals(stored, known), `images are ${stored.join(", ")}, known are ${known.join(", ")}`);
  const texts = [...instances.values()].filter(({ cloudInit }) => cloudInit).map(({ id }) => `${id}.yaml`);
  const kept = namesIn(join(data, "cloud-init"));
  demand(Bun.deepEquals(kept, texts.sort()), `cloud-init texts are ${kept.join(", ")}, needed are ${texts.join(", ")}`);
  const strange = namesIn(join(data, "keys")).filter((name) => {
    const [, id = ""] = /^(.*)\.json$/.exec(name) ?? [];
    return name !== "seal.pem" && id !== "daemon" && !instances.has(id);
  });
  demand(strange.length === 0, `keys of nobody: ${strange.join(", ")}`);
}

/** Chain, head, checkpoints and seals; after an orderly end they are all of the newest record. */
async function checkVerified(root: string, when: string, isClosed: boolean): Promise<void> {
  const { damage, tail, events, witnesses, seals } = await verifyLog({ directory: dataIn(root), files: systemFiles });
  demand(damage === undefined, `verify ${when}: ${damage?.what} (${damage?.kind} at ${damage?.position})`);
  if (!isClosed) return;
  demand(tail === undefined, `verify ${when}: a torn end of ${tail?.bytes} bytes`);
  const head = witnesses.find(({ kind }) => kind === "head");
  demand(head?.position === events, `the head ${when} is at ${head?.position}, the log at ${events}`);
  demand(
    seals.newest?.size === events,
    `the newest seal ${when} is of ${seals.newest?.size} records, the log has ${events}`,
  );
  demand(
    seals.holding === seals.count && seals.torn === 0,
    `only ${seals.holding} of ${seals.count} seals hold ${when}`,
  );
  const odd = namesIn(join(dataIn(root), "log")).filter((name) => /^(?:next|ballast)$/.test(name));
  demand(odd.length === 0, `${odd.join(", ")} ${when}`);
}

function segmentsOf(root: string): { files: Map<string, string>; records: number } {
  const folder = join(dataIn(root), "log");
  const names = namesIn(folder).filter((name) => name.endsWith(".jsonl"));
  const files = new Map(names.map((name) => [name, readFileSync(join(folder, name), "latin1")]));
  const records = [...files.values()].reduce((sum, text) => sum + text.split("\n").length - 1, 0);
  return { files, records };
}
