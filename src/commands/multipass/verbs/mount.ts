/** `multipass mount`: a folder of this machine in instances, checked as the reference does. */
import { list, value } from "../../command.ts";
import type { MultipassContext } from "../context.ts";
import { duplicatesIn, plainPath } from "../../../model/mount-words.ts";
import { mayMount, mountEach } from "../mounting.ts";
import { faultsOf, mountsDisabled, parseIdMap, placeOf } from "../mounts.ts";
import type { IdMap } from "../mounts.ts";
import { failed, failedForSelection, lineError } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

const types = ["classic", "native"] as const;

const idMaps = (kind: "user" | "group", short: string) =>
  list(
    "host>:<instance",
    `Which ${kind} of the instance owns what a ${kind} of this machine owns, by their numbers. May be given several times`,
    (text) => text,
    short,
  );

export const mount = defineMultipassVerb({
  name: "mount",
  aliases: [],
  summary: "Mount a local folder in an instance",
  about: "Mount a folder of this machine in instances. In one that is off, it is there from the next start on.",
  syntax: "<source> <target> [<target> ...]",
  arguments: [
    { name: "source", about: "The folder of this machine" },
    {
      name: "target",
      about:
        "Where it is mounted: <name>[:<path>]. Without a path: under the source's own name, in the home of the instance's user",
      completes: "place",
    },
  ],
  options: {
    "gid-map": idMaps("group", "g"),
    "uid-map": idMaps("user", "u"),
    type: {
      ...value("type", "How it is mounted: 'classic' (when none is given) or 'native'", (text) => text, "t"),
      choices: types,
    },
  },
  async run(context, { words: [source, ...targets], options: { "gid-map": gids, "uid-map": uids, type } }) {
    if (source === undefined || targets.length === 0) throw lineError("Not enough arguments given");
    checkSource(context, source);
    const places = targets.map(placeOf);
    const folder = plainPath(source, context.directory);
    const maps = {
      uids: uids.map((text) => parseIdMap(text, "UID")),
      gids: gids.map((text) => parseIdMap(text, "GID")),
    };
    checkType(type);
    if (!(await mayMount(context))) throw failed("mount", mountsDisabled);
    const faults = faultsOf(places, source, await context.api.call("instance.list", {}));
    if (faults.length < places.length) checkMaps(maps);
    if (faults.length > 0) throw failedForSelection("mount", faults);
    const native = type?.toLowerCase() === "native";
    return mountEach(context, places, { source: folder, type: native ? "native" : "classic", ...given(maps) });
  },
});

function checkSource({ folderStatus }: MultipassContext, source: string): void {
  const words = { missing: "does not exist", "no-folder": "is not a directory", unreadable: "is not readable" };
  const status = folderStatus(source);
  if (status !== "folder") throw lineError(`Source path "${source}" ${words[status]}`);
}

function checkType(type: string | undefined): void {
  if (type !== undefined && !types.some((each) => each === type.toLowerCase()))
    throw lineError(`error: Bad mount type '${type}' specified, please use 'classic' or 'native'`);
}

/** Without a map, the caller is the instance's user. */
const given = ({ uids, gids }: { readonly uids: readonly IdMap[]; readonly gids: readonly IdMap[] }) => ({
  ...(uids.length > 0 && { uids: uids.map(([host, instance]): [number, number] => [host, instance]) }),
  ...(gids.length > 0 && { gids: gids.map(([host, instance]): [number, number] => [host, instance]) }),
});

function checkMaps({ uids, gids }: { readonly uids: readonly IdMap[]; readonly gids: readonly IdMap[] }): void {
  const same = [["uids", duplicatesIn(uids)] as const, ["gids", duplicatesIn(gids)] as const]
    .filter(([, text]) => text !== "")
    .map(([kind, text]) => `\n${kind}: ${text}`);
  if (same.length > 0) throw failed("mount", `Mount cannot apply mapping with duplicate ids:${same.join("")}`);
}
