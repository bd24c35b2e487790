/** `multipass list`: instances or snapshots, from the daemon's memory; no guest is asked. */
import { flag } from "../../command.ts";
import { primaryName, readKnown } from "../instances.ts";
import { formatOption, print } from "../shapes/format.ts";
import { listShapes } from "../shapes/list.ts";
import { snapshotListShapes } from "../shapes/snapshots.ts";
import { shownZone } from "../shapes/zone.ts";
import { snapshotsOf } from "../snapshots.ts";
import { isRunning } from "../states.ts";
import { lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { refuseWords } from "../words.ts";

export const list = defineMultipassVerb({
  name: "list",
  aliases: ["ls"],
  summary: "List instances or snapshots",
  about: "List every instance, those that are deleted too; or every snapshot.",
  syntax: "",
  arguments: [],
  options: {
    snapshots: flag("List snapshots instead of instances"),
    ...formatOption,
    "no-ipv4": flag("Leave the addresses out"),
  },
  hidden: ["no-ipv4"],
  async run(context, { words, options }) {
    refuseWords(words);
    const { snapshots, format, "no-ipv4": isWithoutAddresses } = options;
    if (snapshots && isWithoutAddresses)
      throw lineError("IP addresses are not applicable in conjunction with listing snapshots");
    const primary = primaryName(context);
    if (snapshots) {
      const trees = await context.api.call("point.tree", {});
      print(context, snapshotListShapes(trees.flatMap(snapshotsOf), primary), format);
      return multipassExit.ok;
    }
    const { all, zones, stateOf } = await readKnown(context);
    const listed = all.map((view) => {
      const state = stateOf(view);
      const ipv4 = isRunning(state) && !isWithoutAddresses ? view.ipv4 : [];
      return { name: view.name, state, ipv4, release: view.image.title, zone: shownZone(view, zones) };
    });
    print(context, listShapes(listed, primary), format);
    return multipassExit.ok;
  },
});
