/** `strata list`: instances and their state, from the daemon's memory. */
import type { AsOf } from "../model/view.ts";
import { instanceList } from "../render/instances.ts";
import { atOption, instancesOf, sayAsOf } from "./at.ts";
import { defineVerb, filterOption } from "./command.ts";
import type { Context } from "./context.ts";

export const list = defineVerb({
  name: "list",
  aliases: ["ls", "ps"],
  group: "instances",
  summary: "List instances",
  about: [
    "Answers from the daemon's memory; no guest is asked, so it is quick whatever the guests do. What --at asks for is put together from the log.",
  ],
  arguments: [],
  options: { ...filterOption, ...atOption },
  examples: [
    { line: "strata list", about: "a table" },
    { line: "strata list --json", about: "for a program; the keys that Multipass has, and more" },
    { line: "strata list -q", about: "names only, for a shell" },
    { line: "strata list --filter label=use=demo", about: "those with that label" },
    { line: "strata list --at 2h", about: "as it was two hours ago" },
  ],
  instead: (words) => ["info", ...words],
  async run(context, { options }) {
    const { asOf, instances: all } = await instancesOf(context, options.at);
    const instances = all.filter((each) => options.filter.every((isFit) => isFit(each)));
    const isTable = !options.json && !options.quiet && (options.format ?? "table") === "table";
    if (asOf) sayAsOf(context, asOf);
    if (instances.length === 0 && isTable) await sayNone(context, { asOf, isFiltered: all.length > 0 });
    await context.show(instanceList(instances, asOf), options);
    return 0;
  },
});

async function sayNone(
  context: Context,
  { asOf, isFiltered }: { readonly asOf: AsOf | undefined; readonly isFiltered: boolean },
): Promise<void> {
  if (isFiltered) context.say("No instance fits.");
  else if (asOf) context.say("No instances then.");
  else await sayEmpty(context);
}

/** Whoever expected instances may be asking the wrong daemon. */
async function sayEmpty({ api, say, otherDaemons }: Context): Promise<void> {
  const { readOnly } = await api.ready();
  say(readOnly === undefined ? "No instances. A new one: strata launch" : "No instances in the part that can be read.");
  for (const { what, next } of otherDaemons()) say(`another daemon: ${what}   (${next})`);
}
