/** `multipass restart`: running instances only, and waits until they answer again. */
import { namesOf, pick } from "../instances.ts";
import { performEach, sayingOf } from "../perform.ts";
import { failedForSelection, failedForSeveral } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { timeoutMs, timeoutOption } from "../waiting.ts";
import { allFlag, namesArgument } from "../words.ts";

export const restart = defineMultipassVerb({
  name: "restart",
  aliases: [],
  summary: "Restart instances",
  about: "Restart the named instances, which must be running, and wait until their guests answer again.",
  syntax: "[<name> ...]",
  arguments: [namesArgument],
  options: { ...allFlag, ...timeoutOption },
  async run(context, { words, options }) {
    const names = namesOf(context, words, options);
    const { views, faults, stateOf } = await pick(context, names);
    const stopped = views
      .filter((view) => !["Running", "Restarting", "Delayed Shutdown"].includes(stateOf(view)))
      .map(({ name }) => `Instance '${name}' is not running`);
    if (faults.length > 0) throw failedForSelection("restart", faults);
    if (stopped.length > 0) throw failedForSeveral("restart", stopped);
    return performEach(
      context,
      { verb: "restart", says: sayingOf("Restarting", names), items: views },
      ({ name: instance }) => ({
        what: `restart ${instance}`,
        timeoutText: "Timed out waiting for instance to restart.",
        send: () =>
          context.api.call("instance.restart", {
            command: context.newCommand(),
            instance,
            force: false,
            ...timeoutMs(options.timeout),
          }),
      }),
    );
  },
});
