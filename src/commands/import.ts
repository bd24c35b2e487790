/** `strata import`: instances that another manager of this machine keeps, with their snapshots, one after the other. */
import { exitCodes, messageOf, UserError } from "../errors.ts";
import type { ForeignInstance } from "../model/foreign.ts";
import { hintLines } from "../render/error.ts";
import { importNotes, type ImportRow, importView, leftNotes } from "../render/import.ts";
import { labelled } from "../render/progress.ts";
import { changeAll, wantsData } from "./change.ts";
import { defineVerb, flag, text, value } from "./command.ts";
import type { Context } from "./context.ts";
import { cancelledBy, watchInterrupts } from "./follow.ts";
import { planImport } from "./import-plan.ts";

const managers = ["multipass"];

export const importVerb = defineVerb({
  name: "import",
  aliases: [],
  group: "instances",
  summary: "Take over instances that Multipass keeps, with their snapshots",
  about: [
    "Each becomes an instance of the same name, processors, memory, disk and hardware address, that is off; what was deleted there is in the trash. Its snapshots become points, with their names, times, comments and sizes. What is imported already is passed over. What was there is only read, and stays: the disk is read by this command, with your rights, and sent to the daemon.",
    "Its machine must be off meanwhile (multipass stop). One that was suspended comes without its memory, which only Multipass's own QEMU can load. At its first start the guest gets strata's key, an SSH host key and its name by cloud-init, as a fork does; the text of its first launch is not run again.",
    "Mounts, aliases and settings are not taken over yet: --dry-run names them. The images that Multipass keeps are not needed, since each disk is whole.",
  ],
  arguments: [
    {
      name: "WHAT",
      about: "the storage's folder (a path with a slash; without it, where Multipass has it), then names; none: all",
      required: false,
      many: true,
    },
  ],
  options: {
    from: { ...value("MANAGER", "what keeps them: multipass", parseManager), choices: managers },
    "dry-run": flag("only say what would be done"),
    reason: text("TEXT", "why; kept in the event (or STRATA_REASON)"),
  },
  examples: [
    { line: "strata import --from multipass --dry-run", about: "what is there, and what would become of it" },
    { line: "strata import --from multipass", about: "all of it; as root, where only root may read it" },
    { line: "strata import --from multipass ./multipassd web", about: "one, of a copy of the storage" },
  ],
  exits: [[2, "some were not imported; the others were"]],
  async run(context, { words, options }) {
    if (options.from === undefined) throw managerMissing();
    const { directory, names } = wordsOf(words);
    const store = await context.foreign.multipass(directory);
    const rows = planImport(store, await context.api.call("instance.list", {}), names);
    if (rows.length === 0) context.say(`There are no instances in ${store.directory}.`);
    const done = options["dry-run"] ? rows : await importAll(context, rows, options.reason);
    for (const note of leftNotes(store)) context.say(labelled("", "note", note));
    if (options["dry-run"] || wantsData(options)) await context.show(importView(store, done), options);
    if (!options["dry-run"]) throwFailures(done);
    return exitCodes.ok;
  },
});

/** What has a slash, or is no name, is the folder. */
function wordsOf(words: readonly string[]): {
  readonly directory: string | undefined;
  readonly names: readonly string[];
} {
  const [first, ...rest] = words;
  const isFolder = first !== undefined && !/^[A-Za-z][A-Za-z0-9-]*$/.test(first);
  return isFolder ? { directory: first, names: rest } : { directory: undefined, names: words };
}

/** One after the other: each is a disk's worth of reading and writing. A cancelled one ends it. */
async function importAll(
  context: Context,
  rows: readonly ImportRow[],
  reason: string | undefined,
): Promise<readonly ImportRow[]> {
  const done: ImportRow[] = [];
  for (const row of rows) {
    if (row.verdict !== "import" || !row.found) {
      sayLeft(context, row);
      done.push(row);
      continue;
    }
    try {
      const operation = await importOne(context, row.found, row, reason);
      done.push({ ...row, verdict: "imported", ...(operation !== undefined && { operation }) });
    } catch (error) {
      if (!(error instanceof UserError) || error.exit === exitCodes.interrupted) throw error;
      const next = error.hints.find(([label]) => label === "next")?.[1];
      const { code, message: why } = error;
      done.push({ ...row, verdict: "failed", code, why, ...(next !== undefined && { next }) });
      if (rows.length > 1) sayLeft(context, { ...row, verdict: "failed", why, ...(next !== undefined && { next }) });
    }
  }
  return done;
}

/** `skipped: web: imported already: web` */
function sayLeft(context: Context, { name, verdict, why, next }: ImportRow): void {
  context.say(`${verdict === "skip" ? "skipped" : "failed"}: ${name}: ${why}`);
  if (next !== undefined) for (const line of hintLines([["next", next]])) context.say(line);
}

/** Answers the operation's number. */
async function importOne(
  context: Context,
  found: ForeignInstance,
  row: ImportRow,
  reason: string | undefined,
): Promise<number | undefined> {
  const sha256 = await sent(context, found);
  let operation: number | undefined;
  try {
    await changeAll(context, [found.name], {
      verb: "import",
      done: "Imported",
      detach: false,
      shape: { json: false, quiet: false },
      details: () => [found.snapshots.length === 1 ? "1 point" : `${found.snapshots.length} points`],
      after: () => importNotes(row).map((note) => labelled("", "note", note)),
      send: async () => {
        const accepted = await context.api.call("instance.import", requestOf(context, found, sha256, reason));
        operation = accepted.operation?.number;
        return accepted;
      },
    });
  } catch (error) {
    // What became an operation takes its disk back by itself.
    if (operation === undefined) await removeSent(context, sha256);
    throw error;
  }
  return operation;
}

function requestOf(context: Context, found: ForeignInstance, sha256: string, reason: string | undefined) {
  const { name, title, specs, user, from, snapshots, head, isDeleted } = found;
  return {
    command: context.newCommand(),
    ...context.reason(reason),
    name,
    image: { sha256, title },
    specs,
    user,
    from,
    snapshots: [...snapshots],
    ...(head !== undefined && { head }),
    isDeleted,
  };
}

async function sent(context: Context, found: ForeignInstance): Promise<string> {
  const report = context.progress();
  const interruption = watchInterrupts(context);
  const signal = cancelledBy(interruption, `import of ${found.name}; nothing was made`);
  const bytes = (done: number, total: number) => report.add({ kind: "bytes", step: "image", done, total }, found.name);
  try {
    return await context.foreign.send(found, bytes, signal);
  } finally {
    report.close();
    interruption.stop();
  }
}

/** One that another instance stands on stays: somebody else had brought the same. */
async function removeSent(context: Context, sha256: string): Promise<void> {
  const request = { command: context.newCommand(), image: sha256 };
  await context.api.call("image.remove", request).catch((error: unknown) => {
    if (!(error instanceof UserError) || error.code !== "image-in-use") context.say(`not removed: ${messageOf(error)}`);
  });
}

function throwFailures(rows: readonly ImportRow[]): void {
  const failures = rows.filter(({ verdict }) => verdict === "refuse" || verdict === "failed");
  const [first] = failures;
  if (!first) return;
  if (rows.length === 1)
    throw new UserError(first.code ?? "import-failed", `${first.name} is not imported: ${first.why}`, {
      hints: first.next === undefined ? [] : [["next", first.next]],
    });
  const names = failures.map(({ name }) => name).join(", ");
  throw new UserError("some-failed", `import failed for ${failures.length} of ${rows.length} instances: ${names}`);
}

function parseManager(given: string): string {
  if (managers.includes(given)) return given;
  throw new UserError("manager-unknown", `"${given}" is nothing that can be imported from`, {
    exit: exitCodes.usage,
    hints: [["did you mean", "--from multipass"]],
  });
}

const managerMissing = () =>
  new UserError("option-missing", "import needs to know what keeps the instances", {
    exit: exitCodes.usage,
    hints: [["next", "strata import --from multipass --dry-run"]],
  });
