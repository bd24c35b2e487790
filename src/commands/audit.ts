/** `strata audit`: the log itself, read from its files without a daemon. */
import { exitCodes } from "../errors.ts";
import { auditView } from "../render/audit.ts";
import { defineVerb } from "./command.ts";
import type { Context } from "./context.ts";

export const audit = defineVerb({
  name: "audit",
  aliases: [],
  group: "history",
  summary: "Verify or read the log itself",
  about: [
    "verify checks every record, the chain of hashes between them and the seals, and says what that does not prove. cat prints the records as they are on disk; tail prints the new ones. No daemon is needed, and none is asked.",
  ],
  arguments: [{ name: "ACTION", about: "verify, cat or tail", required: true, many: false, choices: ["verify", "cat", "tail"] }],
  options: {},
  examples: [
    { line: "strata audit verify", about: "is the history whole?" },
    { line: "strata audit cat | jq .type", about: "records, one a line" },
  ],
  exits: [[6, "the log is damaged"]],
  async run(context, { words, options }) {
    if (words[0] !== "verify") return print(context, words[0] === "tail");
    const report = await context.audit.verify();
    await context.show(auditView(report), options);
    return report.isIntact ? exitCodes.ok : exitCodes.log;
  },
});

async function print({ audit: log, stdout, onInterrupt }: Context, isTail: boolean): Promise<number> {
  const stop = new AbortController();
  const unwatch = isTail ? onInterrupt(() => stop.abort()) : () => {};
  try {
    for await (const piece of isTail ? log.tail(stop.signal) : log.cat()) {
      stdout.write(piece);
      if (stdout.isClosed) break;
    }
  } finally {
    unwatch();
  }
  return exitCodes.ok;
}
