/** `strata hold` and `strata release`: a point that is held stays. */
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb } from "./command.ts";
import type { Context } from "./context.ts";
import { pointAddress, pointArgument, wordFor } from "./points.ts";

const options = { reason: changingOptions.reason };

export const hold = defineVerb({
  name: "hold",
  aliases: [],
  group: "history",
  summary: "Keep a point whatever happens",
  about: ["A held point is not deleted, does not expire and is not thinned out, until strata release lets go of it."],
  arguments: [pointArgument],
  options,
  examples: [{ line: "strata hold web@good", about: "keep it" }],
  run: (context, { words: [word = ""], options: given }) => setHold(context, word, true, given),
});

export const release = defineVerb({
  name: "release",
  aliases: [],
  group: "history",
  summary: "Let go of a point that is held",
  arguments: [pointArgument],
  options,
  examples: [{ line: "strata release web@good", about: "it may be deleted again" }],
  run: (context, { words: [word = ""], options: given }) => setHold(context, word, false, given),
});

function setHold(
  context: Context,
  word: string,
  held: boolean,
  given: { reason: string | undefined; json: boolean; quiet: boolean },
): Promise<number> {
  const [verb, done] = held ? ["hold", "Held"] : ["release", "Released"];
  const { instance, point } = pointAddress(word, verb);
  return changeAll(context, [instance], {
    verb,
    done,
    detach: false,
    shape: given,
    shown: `${instance}@${point}`,
    send: () =>
      context.api.call("point.hold", {
        command: context.newCommand(),
        ...context.reason(given.reason),
        instance,
        point: wordFor(context, point),
        held,
      }),
  });
}
