/** `multipass enable-zones`: a zone is there again, and what ran in it when it was lost is started. */
import type { InstanceView } from "../../../model/view.ts";
import { flag } from "../../command.ts";
import type { MultipassContext } from "../context.ts";
import { eachOf } from "../each.ts";
import { multipassExit } from "../stop.ts";
import { createSpinner } from "../spinner.ts";
import { defineMultipassVerb } from "../verb.ts";
import { wantedZones, zoneArguments, zoneSyntax } from "../zone-names.ts";
import { readZones, writeZones } from "../zones.ts";
import type { ZoneName } from "../zones.ts";

export const enableZones = defineMultipassVerb({
  name: "enable-zones",
  aliases: [],
  summary: "Make zones available",
  about: "Make availability zones available again. Those of their instances that ran before are started.",
  syntax: zoneSyntax,
  arguments: zoneArguments,
  options: { all: flag("All zones") },
  async run(context, { words, options }) {
    const { zones, listed, done } = wantedZones("enable-zones", words, options);
    const spinner = createSpinner(context);
    spinner.start(`Enabling ${listed}`);
    try {
      const stopped = await markAvailable(context, zones);
      await eachOf("enable-zones", stopped, (id) => startAgain(context, id));
    } finally {
      spinner.stop();
    }
    context.stdout.write(`${done("enabled")}\n`);
    return multipassExit.ok;
  },
});

/** Answers the ids of what is to be started: what is there and off. */
async function markAvailable(context: MultipassContext, zones: readonly ZoneName[]): Promise<readonly string[]> {
  const unavailable = new Map(await readZones(context));
  const stopped = zones.flatMap((zone) => unavailable.get(zone) ?? []);
  const isChanged = zones.filter((zone) => unavailable.delete(zone)).length > 0;
  if (isChanged) await writeZones(context, unavailable);
  const instances = stopped.length === 0 ? [] : await context.api.call("instance.list", {});
  return instances.filter((view) => stopped.includes(view.id) && isOff(view)).map(({ id }) => id);
}

const isOff = ({ state, power }: InstanceView): boolean =>
  state !== "Deleted" && state !== "Starting" && power !== "running" && power !== "starting";

/** The daemon goes on with the start by itself. */
const startAgain = ({ api, newCommand }: MultipassContext, instance: string): Promise<unknown> =>
  api.call("instance.start", { command: newCommand(), instance });
