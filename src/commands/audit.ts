/** `strata audit`: the log itself, read from its files without a daemon. */
import { UserError, exitCodes } from "../errors.ts";
import { auditView } from "../render/audit.ts";
import { defineVerb, flag, value } from "./command.ts";
import type { Context } from "./context.ts";
import { parsePosition } from "./position.ts";

const linesDefault = 10;
const linesMax = 100_000;

export const audit = defineVerb({
  name: "audit",
  aliases: [],
  group: "history",
  summary: "Verify or read the log itself",
  about: [
    "verify checks every event's hash, the chain between them and what was noted beside the log, and says what that does not prove. cat prints the events as they are on disk, tail the newest ones. No daemon is needed, and none is asked.",
  ],
  arguments: [
    { name: "ACTION", about: "verify, cat or tail", required: true, many: false, choices: ["verify", "cat", "tail"] },
  ],
  options: {
    after: value("POSITION", "cat: only events after this one", parsePosition),
    lines: value("N", `tail: so many of the newest (${linesDefault})`, parseLines, "n"),
    follow: flag("tail: wait for more", "f"),
  },
  examples: [
    { line: "strata audit verify", about: "is the history whole?" },
    { line: "strata audit cat | jq .type", about: "events, one a line" },
    { line: "strata audit tail -f", about: "what is recorded just now" },
  ],
  exits: [[6, "the log is damaged"]],
  async run(context, { words, options }) {
    if (words[0] === "cat") return print(context, context.audit.cat(options.after ?? 0));
    if (words[0] === "tail") return tail(context, options.lines ?? linesDefault, options.follow);
    const found = await context.audit.verify();
    await context.show(auditView(found), options);
    return found.isIntact ? exitCodes.ok : exitCodes.log;
  },
});

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

async function print({ stdout }: Context, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  for await (const piece of pieces) {
    stdout.write(piece);
    if (stdout.isClosed) break;
  }
  return exitCodes.ok;
}

function parseLines(text: string): number {
  const lines = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (lines >= 1 && lines <= linesMax) return lines;
  throw new UserError("lines-invalid", `"${text}" is not a number of lines`, {
    exit: exitCodes.usage,
    hints: [
      ["did you mean", String(linesDefault)],
      ["form", `a whole number from 1 to ${linesMax}`],
    ],
  });
}
