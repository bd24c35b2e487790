/** `multipass delete`: instances to the trash, or for good; snapshots only for good. */
import type { Accepted } from "../../../api/contract.ts";
import { UserError } from "../../../errors.ts";
import type { InstanceView } from "../../../model/view.ts";
import { flag } from "../../command.ts";
import { answerTo } from "../answers.ts";
import type { MultipassContext } from "../context.ts";
import { doesNotExist, namesOrAll, readKnown } from "../instances.ts";
import type { Known } from "../instances.ts";
import { performEach } from "../perform.ts";
import { endPending, shutdownFault, untilEnded } from "../power.ts";
import { forgetAliases } from "../purging.ts";
import { choicesOf, noSuchSnapshot, snapshotsOf } from "../snapshots.ts";
import type { Choice } from "../snapshots.ts";
import { Stop, failed, failedForSelection, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const remove = defineMultipassVerb({
  name: "delete",
  aliases: [],
  summary: "Delete instances and snapshots",
  about:
    "Delete instances, which can be taken back with the command recover until they are purged, and snapshots, which are gone at once.",
  syntax: "<instance>[.<snapshot>] [<instance>[.<snapshot>] ...]",
  arguments: [{ name: "name", about: "Names of instances, and of snapshots of theirs", completes: "instance" }],
  options: {
    all: flag("Delete all instances, with their snapshots"),
    purge: flag("Delete for good, at once", "p"),
  },
  async run(context, { words, options }) {
    const named = namesOrAll(words, options);
    const known = await readKnown(context);
    const choices = named ? choicesOf(named) : known.all.map(wholeOf);
    const { purge } = options;
    await refuseMissing(context, choices, known, purge);
    if (!purge && choices.some(({ snapshots }) => snapshots.length > 0)) await confirmSnapshots(context, choices);
    await dropSnapshots(context, choices, purge);
    return removeInstances(context, choices, { known, purge });
  },
});

const wholeOf = ({ name }: InstanceView): Choice => ({ instance: name, isWhole: true, snapshots: [] });

/** Nothing is deleted where one of them cannot be. */
async function refuseMissing(
  { api }: MultipassContext,
  choices: readonly Choice[],
  { all }: Known,
  purge: boolean,
): Promise<void> {
  const missing = choices.filter(({ instance }) => !all.some(({ name }) => name === instance));
  if (missing.length > 0)
    throw failedForSelection(
      "delete",
      missing.map(({ instance }) => doesNotExist(instance)),
    );
  const some = choices.filter(({ snapshots }) => snapshots.length > 0);
  if (some.length === 0) return;
  const inTrash = some.filter(({ instance, isWhole }) => isInTrash(all, instance) && !(isWhole && purge));
  const shown = inTrash.flatMap(({ instance, snapshots }) => snapshots.map((snapshot) => `${instance}.${snapshot}`));
  if (shown.length > 0) throw failed("delete", `Cannot delete snapshots of deleted instances: ${shown.join(", ")}`);
  const known = (await api.call("point.tree", {})).flatMap(snapshotsOf);
  for (const { instance, snapshots } of some)
    for (const snapshot of snapshots)
      if (!known.some((each) => each.instance === instance && each.point.name === snapshot))
        throw failed("delete", noSuchSnapshot(instance, snapshot));
}

const isInTrash = (all: readonly InstanceView[], instance: string): boolean =>
  all.some(({ name, state }) => name === instance && state === "Deleted");

const snapshotsNotice = "Snapshots can only be purged (after deletion, they cannot be recovered)";

async function confirmSnapshots(context: MultipassContext, choices: readonly Choice[]): Promise<void> {
  if (!context.isLive) throw new Stop(unaskedText(choices), multipassExit.failed);
  const answer = await answerTo(context, `${snapshotsNotice}. Are you sure you want to continue? (Yes/no)`);
  if (answer !== "yes") throw failed("delete", "Cancelled.");
}

/** What to type instead, where nobody can be asked. */
function unaskedText(choices: readonly Choice[]): string {
  const notice = `${snapshotsNotice}. Unable to query client for confirmation. Please use the \`--purge\` flag if that is what you want`;
  const wholes = choices.filter(({ isWhole }) => isWhole).map(({ instance }) => `${instance} `);
  if (wholes.length === 0) return `${notice}.\n`;
  const snapshots = choices.flatMap(({ instance, snapshots: own }) => own.map((each) => `${instance}.${each} `));
  return `${notice}:

\tmultipass delete --purge ${snapshots.join("")}

You can use a separate command to delete instances without purging them:

\tmultipass delete ${wholes.join("")}
`;
}

/** Those of an instance that is purged go with it. */
async function dropSnapshots(context: MultipassContext, choices: readonly Choice[], purge: boolean): Promise<void> {
  const items = choices
    .filter(({ isWhole }) => !(isWhole && purge))
    .flatMap(({ instance, snapshots }) => snapshots.map((point) => ({ instance, point })));
  for (const { instance, point } of items) {
    const send = () => context.api.call("point.delete", { command: context.newCommand(), instance, point });
    await performEach(context, { verb: "delete", items: [point] }, () => ({ what: `delete ${instance}`, send }));
  }
}

async function removeInstances(
  context: MultipassContext,
  choices: readonly Choice[],
  { known, purge }: { readonly known: Known; readonly purge: boolean },
): Promise<number> {
  const names = choices.filter(({ isWhole }) => isWhole).map(({ instance }) => instance);
  const items = known.all.filter(({ name, state }) => names.includes(name) && (purge || state !== "Deleted"));
  const code = await performEach(context, { verb: "delete", items }, (view) => ({
    what: `delete ${view.name}`,
    send: () => (purge ? purgeOne(context, view) : deleteOne(context, view, known)),
  }));
  if (purge) forgetAliases(context, names);
  return code;
}

async function deleteOne({ api, newCommand }: MultipassContext, view: InstanceView, known: Known): Promise<Accepted> {
  const state = known.stateOf(view);
  const fault = state === "Suspended" ? undefined : shutdownFault(view.name, state);
  if (fault !== undefined) throw new UserError("instance-busy", `${fault}\nUse --purge to forcefully delete it.`);
  if (view.state === "Stopping" && view.operation) await untilEnded(api, view.operation.id);
  return api.call("instance.delete", { command: newCommand(), instance: view.name, purge: false });
}

/** Whatever is under way with it ends; a launch that is called off leaves nothing to purge. */
async function purgeOne(context: MultipassContext, view: InstanceView): Promise<Accepted> {
  const { api, newCommand } = context;
  await endPending(context, view);
  try {
    return await api.call("instance.delete", { command: newCommand(), instance: view.id, purge: true });
  } catch (error) {
    if (error instanceof UserError && error.code === "instance-not-found") return {};
    throw error;
  }
}
