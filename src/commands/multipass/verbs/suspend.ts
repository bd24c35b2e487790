/** `multipass suspend`: keeps the memory of running instances; what does not run is left as it is. */
import type { MultipassContext } from "../context.ts";
import { eachOf } from "../each.ts";
import { namesOf, pick } from "../instances.ts";
import { perform } from "../perform.ts";
import { failedForSeveral } from "../stop.ts";
import { stateOf } from "../states.ts";
import { defineMultipassVerb } from "../verb.ts";
import { allFlag, namesArgument } from "../words.ts";

export const suspend = defineMultipassVerb({
  name: "suspend",
  aliases: [],
  summary: "Suspend running instances",
  about: "Suspend the named instances, if they are running: their programs go on with the next start.",
  syntax: "[<name> ...]",
  arguments: [namesArgument],
  options: allFlag,
  async run(context, { words, options }) {
    const { views, faults } = await pick(context, namesOf(context, words, options));
    if (faults.length > 0) throw failedForSeveral("suspend", faults);
    const running = views.filter((view) => stateOf(view) === "Running");
    return eachOf("suspend", running, ({ name }) => suspendOne(context, name));
  },
});

async function suspendOne(context: MultipassContext, instance: string): Promise<void> {
  await perform(context, {
    what: `suspend ${instance}`,
    says: `Suspending ${instance}`,
    send: () => context.api.call("instance.suspend", { command: context.newCommand(), instance }),
  });
}
