/** `multipass suspend`: keeps the memory of running instances; what does not run is left as it is. */
import { namesOf, pick } from "../instances.ts";
import { performEach, sayingOf } from "../perform.ts";
import { failedForSelection } from "../stop.ts";
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
    const names = namesOf(context, words, options);
    const { views, faults, stateOf } = await pick(context, names);
    if (faults.length > 0) throw failedForSelection("suspend", faults);
    const running = views.filter((view) => ["Running", "Delayed Shutdown", "Unknown"].includes(stateOf(view)));
    return performEach(
      context,
      { verb: "suspend", says: sayingOf("Suspending", names), items: running },
      ({ name: instance }) => ({
        what: `suspend ${instance}`,
        send: () => context.api.call("instance.suspend", { command: context.newCommand(), instance }),
      }),
    );
  },
});
