/** `strata audit`: the log itself, read from its files without a daemon, and what proves it to others. */
import { UserError, exitCodes } from "../errors.ts";
import { exportLog, print, sayArchived } from "./audit-export.ts";
import { archiveView, auditView, repairView, sealView } from "../render/audit.ts";
import { defineVerb, flag, text, value } from "./command.ts";
import type { Context, Shape } from "./context.ts";
import { parsePosition } from "./position.ts";

const linesDefault = 10;
const linesMax = 100_000;

export const audit = defineVerb({
  name: "audit",
  aliases: [],
  group: "history",
  summary: "Verify, prove or read the log itself",
  about: [
    "verify checks every event's hash, the chain between them, the seals and what else was noted beside the log, and says what that does not prove. cat prints the events as they are on disk, tail the newest ones.",
    "A seal is a signed note on how many events there are and on their Merkle root (C2SP tlog-checkpoint, Ed25519). One is written whenever the log goes idle. A seal that is kept elsewhere finds any later rewriting, also one by the key's owner. seal makes one now and prints it. prove prints the proof that a sealed log holds one event.",
    "export prints the events as they are on disk, or as CSV; with --bundle it copies the log with its seals and a verifier that needs only Python. What is to be sent on all the time goes by the setting audit.sink.",
    "strata remembers the last seal of each daemon it talked to, and refuses to go on when a later history does not contain it; forget takes that memory back, for a log that was replaced on purpose.",
    "archive moves the oldest events to a folder, in whole segments: those before a time, or all but the newest N segments. The daemon must not run. What is left goes on to answer and to prove; what was moved is named where it is missed, and verify reads it where it was put, or where --archive says. To have it back, copy the files to the log's folder.",
    "repair puts back records that were acknowledged and cannot be read any more, each only when the hashes around it prove that the copy's is the one that was lost. The daemon must not run. What was in their place goes to quarantine/, and the repair is an event.",
    "Only seal asks the daemon. The others read the files of the data directory.",
  ],
  arguments: [
    {
      name: "ACTION",
      about: "verify, seal, prove, export, archive, forget, repair, cat or tail",
      required: true,
      many: false,
      choices: ["verify", "seal", "prove", "export", "archive", "forget", "repair", "cat", "tail"],
    },
    { name: "WHAT", about: "prove: position of the event; archive: the folder", required: false, many: false },
  ],
  options: {
    seal: text("FILE", "verify: the log must also contain this earlier seal"),
    archive: text("DIR", "verify: where archived events are, if not where they were put"),
    bundle: text("TARGET", "export: the folder to make, or one archive, NAME.tar"),
    since: text("WHEN", "export: events from a position on, or from a time: 14:05, 2026-11-20, 2h"),
    after: value("POSITION", "cat: only events after this one", parsePosition),
    lines: value("N", `tail: so many of the newest (${linesDefault})`, parseLines, "n"),
    follow: flag("tail: wait for more", "f"),
    before: text("TIME", "archive: what was recorded before then: 2026-11-20, 90d"),
    keep: value("N", "archive: all but the newest N segments of 16 MiB", parseSegments),
    from: value("COPY", "repair: a data directory, a folder with segments, or what audit cat wrote", (text) => text),
    yes: flag("repair: do it, instead of saying what would be done", "y"),
  },
  examples: [
    { line: "strata audit verify", about: "is the history whole?" },
    { line: "strata audit seal > web.seal", about: "to be kept in another place" },
    { line: "strata audit verify --seal web.seal", about: "does it still contain that one?" },
    { line: "strata audit prove 7 > proof.json", about: "for somebody who has not the log" },
    { line: "strata audit export --bundle history", about: "python3 history/verify.py checks it" },
    { line: "strata audit export --since 24h --format csv", about: "a day for a spreadsheet" },
    { line: "strata audit cat | jq .type", about: "events, one a line" },
    { line: "strata audit tail -f", about: "what is recorded just now" },
    { line: "strata audit archive --before 90d /archive", about: "older events to another disk" },
    { line: "strata audit repair --from /backup/strata", about: "what a copy could put back" },
  ],
  exits: [[6, "the log is damaged, or not the one of the seal"]],
  async run(context, { words: [action, what], options }) {
    if (action === "cat") return cat(context, options.after ?? 0);
    if (action === "archive") return archive(context, what, options);
    if (action === "tail") return tail(context, options.lines ?? linesDefault, options.follow);
    if (action === "prove") return prove(context, what);
    if (action === "export") return exportLog(context, options);
    if (action === "forget") return forget(context);
    if (action === "repair") return repair(context, options.from, options.yes, options);
    if (action === "seal") {
      await context.show(sealView(await context.api.call("audit.seal", {})), options);
      return exitCodes.ok;
    }
    const found = await context.audit.verify({ seal: options.seal, archive: options.archive });
    await context.show(auditView(found), options);
    return found.isIntact ? exitCodes.ok : exitCodes.log;
  },
});

async function prove({ audit: port, stdout }: Context, position: string | undefined): Promise<number> {
  if (position === undefined) throw missing("prove needs the position of an event", "strata audit prove 7");
  stdout.write(`${JSON.stringify(await port.prove(parsePosition(position)))}\n`);
  return exitCodes.ok;
}

async function cat(context: Context, after: number): Promise<number> {
  await sayArchived(context, after);
  return print(context, context.audit.cat({ after }));
}

function forget({ audit: port, say }: Context): number {
  say(
    port.forget() ? "Forgotten: the next seal of this daemon is the first." : "Nothing is remembered of this daemon.",
  );
  return exitCodes.ok;
}

async function archive(
  context: Context,
  target: string | undefined,
  options: Shape & { readonly before: string | undefined; readonly keep: number | undefined },
): Promise<number> {
  const { before, keep } = options;
  const example = "strata audit archive --before 90d /archive";
  if (target === undefined) throw missing("archive needs a folder", example);
  if ((before === undefined) === (keep === undefined))
    throw missing("archive needs to know what to move: --before TIME or --keep N", example);
  const choice = keep === undefined ? { before: context.moment(before ?? "") } : { keep };
  await context.show(archiveView(await context.audit.archive(target, choice)), options);
  return exitCodes.ok;
}

function missing(what: string, next: string): UserError {
  return new UserError("argument-missing", what, { exit: exitCodes.usage, hints: [["next", next]] });
}

async function repair(
  context: Context,
  from: string | undefined,
  isWanted: boolean,
  options: Parameters<Context["show"]>[1],
): Promise<number> {
  if (from === undefined) throw missing("repair needs a copy of the log", "strata audit repair --from /backup/strata");
  const done = await context.audit.repair(from, isWanted);
  await context.show(repairView(done), options);
  return exitCodes.ok;
}

async function tail(context: Context, lines: number, isFollowed: boolean): Promise<number> {
  if (!isFollowed) return print(context, context.audit.tail(lines, undefined));
  const stop = new AbortController();
  const unwatch = context.onInterrupt(() => stop.abort());
  try {
    return await print(context, context.audit.tail(lines, stop.signal));
  } finally {
    unwatch();
  }
}

function parseSegments(text: string): number {
  const segments = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (segments >= 1) return segments;
  throw new UserError("segments-invalid", `"${text}" is not a number of segments`, {
    exit: exitCodes.usage,
    hints: [["form", "a whole number from 1 on"]],
  });
}

function parseLines(text: string): number {
  const lines = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (lines >= 1 && lines <= linesMax) return lines;
  throw new UserError("lines-invalid", `"${text}" is not a number of lines`, {
    exit: exitCodes.usage,
    hints: [["form", `a whole number from 1 to ${linesMax}`]],
  });
}
