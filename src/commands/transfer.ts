/** `strata transfer`: files between this machine and running instances, and out of points. */
import { UserError, exitCodes } from "../errors.ts";
import { formatDuration } from "../model/duration.ts";
import { formatSize } from "../model/size.ts";
import { printable } from "../render/text.ts";
import { defineVerb, flag } from "./command.ts";
import { transferredView } from "../render/transferred.ts";
import { wantsData } from "./change.ts";
import type { Context, Shape, Transferred, TransferPlan } from "./context.ts";
import { cancelledBy, watchInterrupts } from "./follow.ts";
import { closedCode, closedExit } from "./guest.ts";
import { lineOf } from "../model/shell-line.ts";
import { transferPast } from "./transfer-past.ts";
import { placeOf, readTransfer } from "./transfer-words.ts";

/** Of what is passed over, so many are named. */
const faultsShown = 10;

export const transfer = defineVerb({
  name: "transfer",
  aliases: ["cp"],
  group: "inside",
  summary: "Copy files to, from and between instances, or out of a point",
  about: [
    "INSTANCE:PATH is in a guest that runs, as its user, from that user's home; anything else is here, and ./a:b is a file called a:b. Rights and times are kept, links stay links. A file is there whole or not at all, also when it is interrupted.",
    "With --json (or another format) one object comes at the end, with target, files, folders, links, bytes, faults and durationMs; faults counts the names that were not copied.",
    "INSTANCE@POINT:PATH is in the disk as it was, also when the instance does not start any more: the path is absolute, and a folder comes as a tar archive. Reading ext2, ext3 and ext4 is built in; a restore or a fork reaches the rest.",
  ],
  arguments: [
    {
      name: "SOURCE",
      about: "web:notes, web@good:/etc/hosts, a file here, or - for standard input",
      required: true,
      many: true,
      completes: "place",
    },
    {
      name: "TARGET",
      about: "web:PATH, a file or a folder here, - for standard output; NAME.tar for a point's folder (.)",
      required: false,
      many: false,
      completes: "place",
    },
  ],
  options: {
    recursive: flag("folders with all that is in them", "r"),
    parents: flag("make the folders above the target that are missing", "p"),
    list: flag("only say what is in a point's folder", "l"),
  },
  examples: [
    { line: "strata transfer notes web:", about: "into the home of its user" },
    { line: "strata transfer -r web:/var/log logs", about: "a folder, to here" },
    { line: "strata transfer web:notes db:", about: "from one guest to another" },
    { line: "strata transfer - web:notes < notes", about: "what comes in; tar c src | does, too" },
    { line: "strata transfer web@good:/etc/hosts .", about: "one file as it was" },
    { line: "strata transfer web@2h:/etc etc.tar", about: "a folder as it was" },
    { line: "strata transfer web@good:/home --list", about: "what there was" },
  ],
  async run(context, { words, options }) {
    const meaning = readTransfer(words, options);
    if (meaning.kind === "past") return transferPast(context, meaning, options);
    if (meaning.target.at === "stream" && wantsData(options)) throw outputTaken(words);
    try {
      return await transferNow(context, meaning, options);
    } catch (error) {
      if (error instanceof UserError && error.code === closedCode) return closedExit;
      throw inOurWords(error, words);
    }
  },
});

async function transferNow(context: Context, plan: TransferPlan, shape: Shape): Promise<number> {
  const interruption = watchInterrupts(context);
  const report = context.progress();
  const signal = cancelledBy(interruption, "transfer");
  let [total, faults] = [0, 0];
  const startedMs = context.clock.monotonicMs();
  try {
    const done = await context.transfers.run(plan, {
      signal,
      released: interruption.released,
      onTotal: (bytes) => (total = bytes),
      onBytes: (bytes) => report.add({ kind: "bytes", step: "transfer", done: bytes, total }),
      onFault: ({ path, why }) => {
        if (faults++ < faultsShown) report.say(`not copied  ${printable(path)}: ${printable(why)}`);
      },
    });
    report.close();
    const durationMs = Math.round(context.clock.monotonicMs() - startedMs);
    if (wantsData(shape)) await context.show(transferredView({ ...done, durationMs }), shape);
    else if (plan.target.at !== "stream") context.say(closingLine(done, durationMs));
    if (done.faults > 0) throw incomplete(done);
    return exitCodes.ok;
  } finally {
    report.close();
    interruption.stop();
  }
}

/** `Transferred: 12 files to web:/home/ubuntu/src   1.2M   0.8 s` */
function closingLine({ files, links, bytes, target }: Transferred, ms: number): string {
  const count = files + links;
  return `Transferred: ${count} ${count === 1 ? "file" : "files"} to ${printable(target)}   ${formatSize(bytes)}   ${formatDuration(ms)}`;
}

/** Standard output holds one thing. */
function outputTaken(words: readonly string[]): UserError {
  return new UserError("output-taken", "standard output gets the file, so there is no place for what is said of it", {
    exit: exitCodes.usage,
    hints: [["did you mean", lineOf(["strata", "transfer", ...words])]],
  });
}

function incomplete({ faults, target }: Transferred): UserError {
  const what = faults === 1 ? "1 name was" : `${faults} names were`;
  return new UserError("transfer-incomplete", `${what} not copied to ${printable(target)}`);
}

/** A session's trouble is the failure of this command, and what would have been right can be pasted. */
function inOurWords(error: unknown, words: readonly string[]): unknown {
  if (!(error instanceof UserError)) return error;
  const exit = error.exit === exitCodes.guestSide ? exitCodes.failed : error.exit;
  const hints = [...error.hints];
  if (error.code === "path-is-folder") hints.unshift(["did you mean", wholeFolder(words)]);
  return new UserError(error.code, error.message, { exit, hints, cause: error.cause });
}

/** Standard output takes no folder, but what a command makes of one. */
function wholeFolder(words: readonly string[]): string {
  const [source] = words.map(placeOf);
  return words.at(-1) === "-" && source?.at === "guest"
    ? lineOf(["strata", "exec", source.instance, "--", "tar", "c", source.path || "."])
    : lineOf(["strata", "transfer", "--recursive", ...words]);
}
