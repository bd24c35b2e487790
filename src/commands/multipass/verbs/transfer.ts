/** `multipass transfer`: files between this machine and running instances. */
import { UserError } from "../../../errors.ts";
import { printable } from "../../../render/text.ts";
import { flag } from "../../command.ts";
import type { Transferred, TransferFault, TransferPlan } from "../../context.ts";
import { cancelledBy, watchInterrupts } from "../../follow.ts";
import type { MultipassContext } from "../context.ts";
import { findForEntry, isNotRunning } from "../inside.ts";
import { Stop, failed, multipassExit } from "../stop.ts";
import { readTransfer } from "../transfer-words.ts";
import type { Transfers } from "../transfer-words.ts";
import { defineMultipassVerb } from "../verb.ts";

/** What standard input is called in a folder. */
const streamName = "stream_output.dat";

export const transfer = defineMultipassVerb({
  name: "transfer",
  aliases: ["copy-files"],
  summary: "Copy files to and from instances",
  about: "Copy files and folders between this machine and instances that run.",
  syntax: "<source> [<source> ...] <destination>",
  arguments: [
    {
      name: "source",
      about: "What is copied: <name>:<path> is in an instance, - is standard input",
      completes: "place",
    },
    {
      name: "destination",
      about: "Where it goes: <name>:<path> is in an instance, from its user's home; - is standard output",
      completes: "place",
    },
  ],
  options: {
    recursive: flag("Copy folders, with all that is in them", "r"),
    parents: flag("Make the folders above the destination that are missing", "p"),
  },
  async run(context, { words, options }) {
    const transfers = readTransfer(words);
    await requireRunning(context, transfers);
    let faults = 0;
    for (const each of transfers) {
      const plan = { ...each, ...options, isLenient: true };
      faults += (await runOne(context, plan)).faults;
    }
    return faults === 0 ? multipassExit.ok : multipassExit.failed;
  },
});

const instancesOf = (transfers: Transfers): readonly string[] => [
  ...new Set(
    transfers
      .flatMap(({ sources, target }) => [...sources, target])
      .flatMap((place) => (place.at === "guest" ? [place.instance] : [])),
  ),
];

/** None is started for it. */
async function requireRunning(context: MultipassContext, transfers: Transfers): Promise<void> {
  const found = await findForEntry(context, "transfer", instancesOf(transfers));
  const off = found.find(({ isRunning }) => !isRunning);
  if (off) throw failed("transfer", isNotRunning(off.view.name));
}

async function runOne(context: MultipassContext, plan: TransferPlan): Promise<Transferred> {
  const { target } = plan;
  try {
    return await copy(context, plan);
  } catch (error) {
    if (!(error instanceof UserError) || target.at === "stream") throw error;
    if (error.code === "target-not-folder")
      throw new Stop(`Target "${printable(target.path.replace(/\/$/, ""))}" is not a directory`, multipassExit.failed);
    if (error.code !== "name-missing") throw error;
    return copy(context, { ...plan, target: { ...target, path: `${target.path}/${streamName}` } });
  }
}

async function copy(context: MultipassContext, plan: TransferPlan): Promise<Transferred> {
  const interruption = watchInterrupts(context);
  // The reference shows nothing while it copies; where somebody looks, there is a line that goes away again.
  const report = context.isLive ? context.progress() : undefined;
  const say = (line: string) => (report ? report.say(line) : context.say(line));
  let total = 0;
  try {
    return await context.transfers.run(plan, {
      signal: cancelledBy(interruption, "transfer"),
      released: interruption.released,
      onTotal: (bytes) => (total = bytes),
      onBytes: (done) => report?.add({ kind: "bytes", step: "transfer", done, total }),
      onFault: (fault) => say(`[${context.logTime()}] [error] [sftp] ${faultText(fault, plan)}`),
    });
  } finally {
    report?.close();
    interruption.stop();
  }
}

function faultText({ path, why, code }: TransferFault, { sources: [source] }: TransferPlan): string {
  const isThere = source?.at === "guest";
  const side = isThere ? "remote" : "local";
  const name = `"${printable(isThere ? path.slice(source.instance.length + 1) : path)}"`;
  if (code === "path-is-folder") return `omitting ${side} directory ${name}: recursive mode not specified`;
  if (code === "path-not-found") return `cannot open ${side} file ${name}: No such file or directory`;
  return `cannot copy ${name}: ${printable(why)}`;
}
