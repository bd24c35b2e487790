/** `multipass restart`: running instances only, and waits until they answer again. */
import type { MultipassContext } from "../context.ts";
import { eachOf } from "../each.ts";
import { namesOf, pick } from "../instances.ts";
import { perform } from "../perform.ts";
import { failedForSeveral } from "../stop.ts";
import { stateOf } from "../states.ts";
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
    const { views, faults } = await pick(context, namesOf(context, words, options));
    const stopped = views
      .filter((view) => !["Running", "Restarting", "Delayed Shutdown"].includes(stateOf(view)))
      .map(({ name }) => `Instance '${name}' is not running`);
    if (faults.length + stopped.length > 0) throw failedForSeveral("restart", [...faults, ...stopped]);
    return eachOf("restart", views, ({ name }) => restartOne(context, name, options.timeout));
  },
});

async function restartOne(context: MultipassContext, instance: string, timeout: number | undefined): Promise<void> {
  await perform(context, {
    what: `restart ${instance}`,
    says: `Restarting ${instance}`,
    timeoutText: "Timed out waiting for instance to restart.",
    send: () =>
      context.api.call("instance.restart", {
        command: context.newCommand(),
        instance,
        force: false,
        ...timeoutMs(timeout),
      }),
  });
}
