/** `multipass info`: instances and snapshots in full; what only a guest knows is asked of those that run. */
import type { InstanceView } from "../../../model/view.ts";
import { flag } from "../../command.ts";
import type { MultipassContext } from "../context.ts";
import { doesNotExist, primaryName, readKnown } from "../instances.ts";
import type { Known } from "../instances.ts";
import { readLive } from "../live.ts";
import { formatOption, print } from "../shapes/format.ts";
import { infoShapes } from "../shapes/info.ts";
import type { InfoParts } from "../shapes/info.ts";
import { shownZone } from "../shapes/zone.ts";
import { choicesOf, noSuchSnapshot, snapshotsOf } from "../snapshots.ts";
import type { Choice, Snapshot } from "../snapshots.ts";
import { isRunning } from "../states.ts";
import { failedForSelection, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const info = defineMultipassVerb({
  name: "info",
  aliases: [],
  summary: "Show instances and snapshots in full",
  about: "Show the named instances and snapshots in full; without names, every instance, those that are deleted too.",
  syntax: "[<instance>[.<snapshot>] ...]",
  arguments: [{ name: "instance", about: "Names of instances, and of snapshots of theirs", completes: "instance" }],
  options: {
    snapshots: flag("Show snapshots instead: all of them, or those of the named instances"),
    ...formatOption,
    "no-runtime-information": flag("Ask no guest"),
  },
  hidden: ["no-runtime-information"],
  async run(context, { words, options }) {
    const { snapshots: isOfSnapshots, format } = options;
    const choices = choicesOf(words);
    const isMixed = choices.some(({ isWhole }) => isWhole) && choices.some(({ snapshots }) => snapshots.length > 0);
    if (isMixed && format === "csv" && !isOfSnapshots)
      throw lineError("Mixed snapshot and instance arguments are not supported with CSV format");
    const how = { isOfSnapshots, isLive: !options["no-runtime-information"] };
    const parts = await partsOf(context, choices, how);
    print(context, infoShapes(parts, primaryName(context)), format);
    return multipassExit.ok;
  },
});

async function partsOf(
  context: MultipassContext,
  choices: readonly Choice[],
  { isOfSnapshots, isLive }: { readonly isOfSnapshots: boolean; readonly isLive: boolean },
): Promise<InfoParts> {
  const { api } = context;
  const [known, trees] = await Promise.all([readKnown(context), api.call("point.tree", {})]);
  const all = trees.flatMap(snapshotsOf);
  const chosen = choices.length > 0 ? choices : known.all.map(wholeOf);
  refuseMissing(chosen, known, all);
  const ofName = (name: string) => all.filter(({ instance }) => instance === name);
  const snapshots = chosen.flatMap((choice) =>
    ofName(choice.instance).filter(
      ({ point }) => (isOfSnapshots && choice.isWhole) || choice.snapshots.includes(point.name),
    ),
  );
  const names = isOfSnapshots ? [] : chosen.filter(({ isWhole }) => isWhole).map(({ instance }) => instance);
  const views = names.flatMap((name) => known.all.find((view) => view.name === name) ?? []);
  const running = isLive ? views.filter((view) => isRunning(known.stateOf(view))) : [];
  const live = await readLive(context, running);
  return {
    instances: views.map((view) => ({
      ...factsOf(view, known),
      snapshots: ofName(view.name).length,
      live: live.get(view.id),
    })),
    snapshots: snapshots.map((each) => ({ ...each, created: context.fullTime(each.point.madeAt) })),
    isOfSnapshots,
  };
}

const wholeOf = ({ name }: InstanceView): Choice => ({ instance: name, isWhole: true, snapshots: [] });

function refuseMissing(choices: readonly Choice[], { all }: Known, known: readonly Snapshot[]): void {
  const faults = choices.flatMap(({ instance, snapshots }) => {
    if (!all.some(({ name }) => name === instance)) return [doesNotExist(instance)];
    const own = known.filter((each) => each.instance === instance).map(({ point }) => point.name);
    return snapshots.filter((name) => !own.includes(name)).map((name) => noSuchSnapshot(instance, name));
  });
  if (faults.length > 0) throw failedForSelection("info", faults);
}

const factsOf = (view: InstanceView, { zones, stateOf }: Known) => ({
  name: view.name,
  state: stateOf(view),
  zone: shownZone(view, zones),
  image: view.image.title,
  hash: view.image.sha256 ?? "",
  mounts: view.mounts ?? [],
});
