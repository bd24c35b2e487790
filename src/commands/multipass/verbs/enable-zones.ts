/** `multipass enable-zones`: a zone is there again, and what ran in it when it was lost is started. */
import { UserError } from "../../../errors.ts";
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

/** Answers the ids of what is to be started. */
async function markAvailable(context: MultipassContext, zones: readonly ZoneName[]): Promise<readonly string[]> {
  const unavailable = new Map(await readZones(context));
  const stopped = zones.flatMap((zone) => unavailable.get(zone) ?? []);
  const isChanged = zones.filter((zone) => unavailable.delete(zone)).length > 0;
  if (isChanged) await writeZones(context, unavailable);
  return stopped;
}

/** The daemon goes on with the start by itself. One that is not there any more, or was deleted, stays so. */
async function startAgain({ api, newCommand }: MultipassContext, instance: string): Promise<void> {
  try {
    await api.call("instance.start", { command: newCommand(), instance });
  } catch (error) {
    const isGone = error instanceof UserError && ["instance-not-found", "instance-deleted"].includes(error.code);
    if (!isGone) throw error;
  }
}
