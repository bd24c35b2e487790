/** `strata events`: the log as a feed that can be taken up again. */
import { isCode } from "../api/client.ts";
import { absentCode, brokenCode } from "../api/transport.ts";
import { exitCodes } from "../errors.ts";
import { safeJson } from "../render/format.ts";
import type { Json } from "../render/view.ts";
import { defineVerb, flag, value } from "./command.ts";
import type { Context } from "./context.ts";
import { parsePosition } from "./position.ts";

/** A daemon that goes away while it is followed is found or started again this often in a row. */
const reconnectsMax = 5;

/** Writes events; a follower whose daemon restarts goes on after the last one it saw. */
async function feed(
  { api, stdout, clock }: Context,
  from: number,
  follow: boolean,
  signal: AbortSignal,
): Promise<void> {
  let after = from;
  for (let failures = 0; ;) {
    try {
      for await (const event of api.stream("event.feed", { after, follow }, signal)) {
        failures = 0;
        after = event.position;
        stdout.write(`${safeJson(event as Json)}\n`);
        if (stdout.isClosed) return;
      }
      if (!follow || signal.aborted) return;
      await clock.sleep(50 * ++failures);
      if (failures > reconnectsMax) return;
    } catch (error) {
      const isGone = isCode(error, brokenCode) || isCode(error, absentCode);
      if (!follow || !isGone || ++failures > reconnectsMax) throw error;
      await clock.sleep(50 * failures);
    }
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
