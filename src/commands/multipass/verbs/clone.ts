/** `multipass clone`: a stopped copy of a stopped instance, without its snapshots. */
import type { Accepted } from "../../../api/contract.ts";
import { parseName } from "../../../model/name.ts";
import type { InstanceView } from "../../../model/view.ts";
import { text } from "../../command.ts";
import type { MultipassContext } from "../context.ts";
import { pickOne } from "../instances.ts";
import { perform } from "../perform.ts";
import { failed, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { zoneLabel } from "../zones.ts";

export const clone = defineMultipassVerb({
  name: "clone",
  aliases: [],
  summary: "Clone an instance",
  about: "Make an instance that is as a stopped one is now, and goes its own way from there. Snapshots are not copied.",
  syntax: "<source_name>",
  arguments: [{ name: "source_name", about: "The instance to clone", completes: "stopped" }],
  options: {
    name: text(
      "destination-name",
      'Name of the clone. Without it: "<source_name>-cloneN", where N counts the clones of the instance.',
      "n",
    ),
  },
  async run(context, { words, options }) {
    const [source] = words;
    if (source === undefined) throw lineError("Please provide the name of the source instance.");
    if (words.length > 1) throw lineError("Too many arguments.");
    const { view, state, all } = await pickOne(context, "clone", source);
    const { name } = options;
    if (name !== undefined && !isInstanceName(name))
      throw failed("clone", `Invalid destination instance name: ${name}`);
    if (all.some((view) => view.name === name)) throw failed("clone", `instance "${name}" already exists`);
    if (state !== "Stopped") throw failed("clone", `Please stop instance ${source} before you clone it.`);
    const { ended } = await perform(context, {
      what: `clone ${source}`,
      says: `Cloning ${source}`,
      send: () => sendFork(context, source, name),
    });
    const made = ended?.instance?.name ?? "";
    await putInZone(context, made, view);
    context.stdout.write(`Cloned from ${source} to ${made}.\n`);
    return multipassExit.ok;
  },
});

function isInstanceName(text: string): boolean {
  try {
    return parseName(text) === text;
  } catch {
    return false;
  }
}

/** The point that it begins from is of no use to anybody soon; the clone keeps what it needs of it. */
const expiresMs = 86_400_000;

async function sendFork(context: MultipassContext, source: string, name: string | undefined): Promise<Accepted> {
  const { api, newCommand } = context;
  const { ended } = await perform(context, {
    what: `clone ${source}`,
    send: () =>
      api.call("point.snapshot", { command: newCommand(), instance: source, withMemory: false, auto: true, expiresMs }),
  });
  const point = ended?.point?.name ?? "last";
  return api.call("instance.fork", {
    command: newCommand(),
    instance: source,
    point,
    ...(name !== undefined && { name }),
    isClone: true,
    starts: false,
  });
}

/** A clone is where its source is. */
async function putInZone({ api, newCommand }: MultipassContext, name: string, source: InstanceView): Promise<void> {
  const zone = source.labels?.[zoneLabel];
  if (zone === undefined) return;
  await api.call("settings.set", { command: newCommand(), key: `local.${name}.label.${zoneLabel}`, value: zone });
}
