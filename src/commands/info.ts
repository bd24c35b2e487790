/** `strata info`: everything about instances that the daemon knows by itself, and what those that run say of themselves. */
import { infoView, type SaidFacts } from "../render/info.ts";
import type { InstanceView } from "../model/view.ts";
import { atOption, instancesOf, sayAsOf } from "./at.ts";
import { defineVerb } from "./command.ts";
import type { Context } from "./context.ts";

/** Nobody waits longer for what guests say. */
const factsMs = 3_000;

export const info = defineVerb({
  name: "info",
  aliases: ["inspect"],
  group: "instances",
  summary: "Show instances in full",
  about: [
    "Load, memory and disk in use, and addresses are what a running guest says, if it does within three seconds, or said last; all else is what the record says.",
  ],
  arguments: [
    {
      name: "INSTANCE",
      about: "names of instances; without, all of them",
      required: false,
      many: true,
      completes: "instance",
    },
  ],
  options: { ...atOption },
  examples: [
    { line: "strata info web", about: "one" },
    { line: "strata info web --at 7", about: "as it was right after operation 7" },
    { line: "strata info web --json", about: "for a program; the keys that Multipass has, and more" },
  ],
  async run(context, { words, options }) {
    const { asOf, instances } = await instancesOf(context, options.at, words);
    if (asOf) sayAsOf(context, asOf);
    if (instances.length === 0) context.say(asOf ? "No instances then." : "No instances. A new one: strata launch");
    const facts = asOf || options.quiet ? new Map() : await factsOf(context, instances);
    await context.show(infoView(instances, asOf, facts), options);
    return 0;
  },
});

/** By id, of those that answer. Without them the answer is as good as it was. */
async function factsOf(
  { api, clock }: Context,
  instances: readonly InstanceView[],
): Promise<ReadonlyMap<string, SaidFacts>> {
  const ids = instances.filter(({ health }) => health === "ready").map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const asked = api.call("instance.facts", { instances: ids }).catch(() => []);
  const answers = await Promise.race([asked, clock.sleep(factsMs).then(() => [])]);
  return new Map(answers.flatMap(({ id, facts, ageMs }) => (facts ? [[id, { ...facts, ageMs }] as const] : [])));
}
