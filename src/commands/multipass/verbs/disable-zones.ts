/** `multipass disable-zones`: takes the power of every instance of a zone, as when it were lost. */
import type { Accepted } from "../../../api/contract.ts";
import { UserError } from "../../../errors.ts";
import type { InstanceView } from "../../../model/view.ts";
import { flag } from "../../command.ts";
import { isYes } from "../answers.ts";
import type { MultipassContext } from "../context.ts";
import { performEach } from "../perform.ts";
import { endPending } from "../power.ts";
import { lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { inWords, wantedZones, zoneArguments, zoneSyntax } from "../zone-names.ts";
import { readZones, writeZones, zoneOf } from "../zones.ts";
import type { ZoneName } from "../zones.ts";

export const disableZones = defineMultipassVerb({
  name: "disable-zones",
  aliases: [],
  summary: "Make zones unavailable",
  about:
    "Make availability zones unavailable, as when they were lost: the power of all their instances is taken at once, and none of them can be used until the zone is enabled again.",
  syntax: zoneSyntax,
  arguments: zoneArguments,
  options: { all: flag("All zones"), force: flag("Do not ask whether that is meant") },
  async run(context, { words, options }) {
    const { zones, listed, done } = wantedZones("disable-zones", words, options);
    if (!options.force && !(await isMeant(context, zones))) return multipassExit.failed;
    const running = await markUnavailable(context, zones);
    await takePower(context, running, `Disabling ${listed}`);
    context.stdout.write(`${done("disabled")}\n`);
    return multipassExit.ok;
  },
});

function isMeant(context: MultipassContext, zones: readonly ZoneName[]): Promise<boolean> {
  if (context.isLive)
    return isYes(
      context,
      `This operation will forcefully stop the VMs in ${inWords(zones)}. Are you sure you want to continue? (Yes/no)`,
    );
  throw lineError(
    "Unable to query client for confirmation. Use '--force' to forcefully make unavailable all instances in the specified zones.",
  );
}

/** Writes down which zones are gone and what ran there, before anything is stopped. Answers what is to be stopped. */
async function markUnavailable(
  context: MultipassContext,
  zones: readonly ZoneName[],
): Promise<readonly InstanceView[]> {
  const unavailable = new Map(await readZones(context));
  const instances = await context.api.call("instance.list", {});
  const lost = zones.filter((zone) => !unavailable.has(zone));
  const running = instances.filter((view) => lost.includes(zoneOf(view)) && isOn(view));
  for (const zone of lost)
    unavailable.set(
      zone,
      running.filter((view) => zoneOf(view) === zone).map(({ id }) => id),
    );
  if (lost.length > 0) await writeZones(context, unavailable);
  return running;
}

/** What is being made or started is on as well. */
const isOn = ({ power, state }: InstanceView): boolean =>
  power === "running" || power === "starting" || state === "Starting";

const takePower = (context: MultipassContext, items: readonly InstanceView[], says: string): Promise<number> =>
  performEach(context, { verb: "disable-zones", says, items }, (view) => ({
    what: `stop ${view.name}`,
    send: () => takeOne(context, view),
  }));

/** A launch that is called off leaves no instance to stop. */
async function takeOne(context: MultipassContext, view: InstanceView): Promise<Accepted> {
  await endPending(context, view);
  try {
    const asked = { command: context.newCommand(), instance: view.id, force: true };
    return await context.api.call("instance.stop", asked);
  } catch (error) {
    if (error instanceof UserError && error.code === "instance-not-found") return {};
    throw error;
  }
}
