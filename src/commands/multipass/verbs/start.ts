/** `multipass start`: boots what is off, goes on with what is suspended; the primary instance is made when it is missing. */
import type { InstanceView } from "../../../model/view.ts";
import type { MultipassContext } from "../context.ts";
import { eachOf } from "../each.ts";
import { namesOf, primaryName } from "../instances.ts";
import { perform } from "../perform.ts";
import { failed } from "../stop.ts";
import { stateOf } from "../states.ts";
import { defineMultipassVerb } from "../verb.ts";
import { timeoutMs, timeoutOption } from "../waiting.ts";
import { allFlag, namesArgument } from "../words.ts";
import { launch } from "./launch.ts";

export const start = defineMultipassVerb({
  name: "start",
  aliases: [],
  summary: "Start instances",
  about: "Start the named instances, and wait until their guests answer. Those that run already are left alone.",
  syntax: "[<name> ...]",
  arguments: [namesArgument],
  options: { ...allFlag, ...timeoutOption },
  async run(context, { words, options }) {
    const names = namesOf(context, words, options);
    return startAll(context, "start", names, options.timeout);
  },
});

/** `verb`: whose failure it is; shell and exec start what they need. */
export async function startAll(
  context: MultipassContext,
  verb: string,
  names: readonly string[] | undefined,
  timeout: number | undefined,
): Promise<number> {
  const known = await context.api.call("instance.list", {});
  const primary = primaryName(context);
  if (names?.length === 1 && names[0] === primary && !known.some(({ name }) => name === primary))
    return launch.run(context, { words: [], options: { name: primary, timeout } });
  const meant = names ?? known.filter(({ state }) => state !== "Deleted").map(({ name }) => name);
  refuseMissing(verb, meant, known);
  return eachOf(verb, meant, (instance) => startOne(context, instance, timeout));
}

/** Nothing is started where one of them cannot be. */
function refuseMissing(verb: string, names: readonly string[], known: readonly InstanceView[]): void {
  const faults = names.flatMap((name) => {
    const view = known.find((each) => each.name === name);
    if (!view) return [`Instance '${name}' does not exist.`];
    const state = stateOf(view);
    if (state === "Deleted")
      return [`Instance '${name}' is deleted. Use 'recover' to recover it or 'purge' to permanently delete it.`];
    return state === "Suspending" ? [`Cannot start the instance '${name}' while suspending.`] : [];
  });
  if (faults.length === 0) return;
  const isMissing = faults.some((fault) => fault.endsWith("does not exist."));
  throw failed(verb, [...(isMissing ? ["instance(s) missing"] : []), ...faults].join("\n"));
}

async function startOne(context: MultipassContext, instance: string, timeout: number | undefined): Promise<void> {
  await perform(context, {
    what: `start ${instance}`,
    says: `Starting ${instance}`,
    timeoutText: "Timed out waiting for instance to start.",
    send: () => context.api.call("instance.start", { command: context.newCommand(), instance, ...timeoutMs(timeout) }),
  });
}
