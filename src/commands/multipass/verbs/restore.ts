/** `multipass restore`: a stopped instance goes back to a snapshot; what it is now may become one before. */
import type { PointTree } from "../../../model/point-view.ts";
import { flag } from "../../command.ts";
import { answerTo } from "../answers.ts";
import type { MultipassContext } from "../context.ts";
import { pickOne } from "../instances.ts";
import { perform } from "../perform.ts";
import { noSuchSnapshot, readSnapshot, snapshotsOf } from "../snapshots.ts";
import type { Target } from "../snapshots.ts";
import { Stop, failed, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { takeSnapshot, takenText } from "./snapshot.ts";

export const restore = defineMultipassVerb({
  name: "restore",
  aliases: [],
  summary: "Restore an instance from a snapshot",
  about: "Take a stopped instance back to what it was when a snapshot of it was taken.",
  syntax: "<instance>.<snapshot>",
  arguments: [{ name: "instance.snapshot", about: "The instance, and which snapshot of it", completes: "stopped" }],
  options: { destructive: flag("Do not ask, and throw away what the instance is now", "d") },
  async run(context, { words: [word, ...more], options }) {
    if (word === undefined) throw lineError("Need the name of an instance and snapshot to restore.");
    if (more.length > 0) throw lineError("Too many arguments supplied.");
    const target = readSnapshot(word);
    const { instance, snapshot } = target;
    const { state } = await pickOne(context, "restore", instance);
    if (state !== "Stopped") throw failed("restore", "Multipass can only restore snapshots of stopped instances.");
    const trees: PointTree[] = await context.api.call("point.tree", { instance });
    if (!trees.flatMap(snapshotsOf).some(({ point }) => point.name === snapshot))
      throw failed("restore", noSuchSnapshot(instance, snapshot));
    if (!options.destructive && (await isToBeKept(context, instance))) await keepPresent(context, target);
    await perform(context, {
      what: `restore ${word}`,
      says: "Restoring snapshot",
      send: () =>
        context.api.call("point.restore", {
          command: context.newCommand(),
          instance,
          point: snapshot,
          discard: true,
          diskOnly: true,
        }),
    });
    context.stdout.write(`Snapshot restored: ${word}\n`);
    return multipassExit.ok;
  },
});

/** Nothing but a no throws the present away. */
async function isToBeKept(context: MultipassContext, instance: string): Promise<boolean> {
  if (!context.isLive)
    throw new Stop(
      "Unable to query client for confirmation. Use '--destructive' to automatically discard current machine state.",
      multipassExit.failed,
    );
  const question = `Do you want to take a snapshot of ${instance} before discarding its current state? (Yes/no)`;
  const answer = await answerTo(context, question);
  if (answer === undefined) throw failed("restore", "Cancelled.");
  return answer !== "no";
}

async function keepPresent(context: MultipassContext, { instance, snapshot }: Required<Target>): Promise<void> {
  const { ended } = await perform(context, {
    what: `snapshot ${instance}`,
    says: `Taking snapshot before restoring ${instance}`,
    send: () => takeSnapshot(context, { instance, comment: `Before restoring ${snapshot}` }),
  });
  context.stdout.write(`${takenText(instance, ended?.point?.name)}\n`);
}
