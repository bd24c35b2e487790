/** `multipass start`: boots what is off, goes on with what is suspended; the primary instance is made when it is missing. */
import type { Accepted } from "../../../api/contract.ts";
import type { MultipassContext } from "../context.ts";
import { namesOf, primaryName, readKnown } from "../instances.ts";
import type { Known } from "../instances.ts";
import { performEach, sayingOf } from "../perform.ts";
import { failed } from "../stop.ts";
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
  const known = await readKnown(context);
  const primary = primaryName(context);
  if (names?.length === 1 && names[0] === primary && !known.all.some(({ name }) => name === primary))
    return launch.run(context, { words: [], options: { name: primary, timeout } });
  const meant = names ?? known.all.filter(({ state }) => state !== "Deleted").map(({ name }) => name);
  refuseSome(verb, meant, known);
  return performEach(context, { verb, says: sayingOf("Starting", names), items: meant }, (instance) => ({
    what: `start ${instance}`,
    timeoutText: "Timed out waiting for instance to start.",
    send: () => startOne(context, known, { instance, timeout }),
  }));
}

/** One that somebody starts already is waited for. */
async function startOne(
  { api, newCommand }: MultipassContext,
  { all, stateOf }: Known,
  { instance, timeout }: { readonly instance: string; readonly timeout: number | undefined },
): Promise<Accepted> {
  const view = all.find(({ name }) => name === instance);
  if (view?.operation && ["Starting", "Restarting"].includes(stateOf(view))) return { operation: view.operation };
  return api.call("instance.start", { command: newCommand(), instance, ...timeoutMs(timeout) });
}

/** Nothing is started where one of them cannot be. */
function refuseSome(verb: string, names: readonly string[], known: Known): void {
  const faults = names.flatMap((name) => faultOf(name, known) ?? []);
  if (faults.length === 0) return;
  const isMissing = faults.some((fault) => fault.endsWith("does not exist."));
  throw failed(verb, [...(isMissing ? ["instance(s) missing"] : []), ...faults].join("\n"));
}

function faultOf(name: string, { all, stateOf }: Known): string | undefined {
  const view = all.find((each) => each.name === name);
  if (!view) return `Instance '${name}' does not exist.`;
  switch (stateOf(view)) {
    case "Deleted":
      return `Instance '${name}' is deleted. Use 'recover' to recover it or 'purge' to permanently delete it.`;
    case "Unknown":
      return `Instance '${name}' is already running, but in an unknown state.\nTry to stop it first.`;
    case "Suspending":
    case "Unavailable":
      return `Cannot start the instance '${name}' while ${stateOf(view).toLowerCase()}.`;
    default:
      return undefined;
  }
}
