/** `strata events`: the log as a feed that can be taken up again. */
import { exitCodes } from "../errors.ts";
import { safeJson } from "../render/format.ts";
import type { Json } from "../render/view.ts";
import { defineVerb, flag, value } from "./command.ts";
import type { Context } from "./context.ts";
import { parsePosition } from "./position.ts";
import { resumed } from "./resumed.ts";

/** Writes events; a follower whose daemon restarts goes on after the last one it saw. */
async function feed(context: Context, from: number, follow: boolean, signal: AbortSignal): Promise<void> {
  const { api, stdout } = context;
  const open = (after: number) => api.stream("event.feed", { after, follow }, signal);
  for await (const event of follow ? resumed(context, from, open, signal) : open(from)) {
    stdout.write(`${safeJson(event as Json)}\n`);
    if (stdout.isClosed) return;
  }
}

export const events = defineVerb({
  name: "events",
  aliases: [],
  group: "history",
  summary: "Print events as they are recorded, one JSON object a line",
  about: [
    "Each line has a position. A reader that keeps the last one it saw goes on after it with --after, and misses nothing.",
  ],
  arguments: [],
  options: {
    after: value("POSITION", "only events after this one (0)", parsePosition),
    follow: flag("wait for more", "f"),
  },
  examples: [
    { line: "strata events | jq .type", about: "all kinds that were recorded" },
    { line: "strata events --after 41 --follow", about: "go on where a reader stopped" },
  ],
  async run(context, { options }) {
    const stop = new AbortController();
    const unwatch = options.follow ? context.onInterrupt(() => stop.abort()) : () => {};
    try {
      await feed(context, options.after ?? 0, options.follow, stop.signal);
    } finally {
      unwatch();
    }
    return stop.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
  },
});
