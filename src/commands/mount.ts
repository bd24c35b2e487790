/** `strata mount`: a folder of this machine in an instance. */
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag, list, value } from "./command.ts";
import { checkedSource, parseIdMap, parseType, placeOf } from "./mount-words.ts";
import { mountTypes } from "../model/mount-words.ts";

const idMaps = (kind: "user" | "group") =>
  list(
    "HOST:INSTANCE",
    `the ${kind} of the instance that a ${kind} of this machine is there, by numbers (you are the instance's ${kind}); may be given several times`,
    parseIdMap,
  );

export const mount = defineVerb({
  name: "mount",
  aliases: [],
  group: "inside",
  summary: "Mount a folder of this machine in an instance",
  about: [
    "TARGET is where it is seen in the instance: a path, or a name in the home of the instance's user; without it, the folder's own name there. It is made when it is missing.",
    "A mount stays: it is there again after a restart of the instance, of the daemon or of this machine, and in a snapshot and a fork too. While the folder is missing it is degraded, which strata info shows with the reason, and comes back by itself.",
    "Files are served with your own rights, and nothing beside the folder is reached from inside. What the instance writes is written here at once: a restore of the instance does not undo it.",
    "classic is sshfs over the connection that strata keeps, and is installed in the instance when it is missing there; native is faster, where the instance and this machine have what it needs.",
  ],
  arguments: [
    { name: "SOURCE", about: "the folder of this machine", required: true, many: false },
    { name: "INSTANCE[:TARGET]", about: "where it is seen", required: true, many: false, completes: "place" },
  ],
  options: {
    type: { ...value("TYPE", `${mountTypes.join(" or ")} (classic)`, parseType, "t"), choices: mountTypes },
    "uid-map": idMaps("user"),
    "gid-map": idMaps("group"),
    "read-only": flag("nothing is written here"),
    ...changingOptions,
  },
  examples: [
    { line: "strata mount ./site web", about: "as site in the home of web's user" },
    { line: "strata mount ~/data web:/srv/data --read-only", about: "to read only" },
    { line: "strata mount . web:src --uid-map 1000:0 --gid-map 1000:0", about: "as files of root" },
  ],
  async run(context, { words: [folder = "", word = ""], options }) {
    const source = checkedSource(context, folder);
    const { instance, path } = placeOf(word);
    const { "uid-map": uids, "gid-map": gids, type = "classic", "read-only": readOnly } = options;
    return changeAll(context, [instance], {
      verb: "mount",
      done: "Mounted",
      detach: options.detach,
      shape: options,
      send: () =>
        context.api.call("instance.mount", {
          command: context.newCommand(),
          ...context.reason(options.reason),
          instance,
          source,
          ...(path !== "" && { target: path }),
          type,
          readOnly,
          ...(uids.length > 0 && { uids: [...uids] }),
          ...(gids.length > 0 && { gids: [...gids] }),
        }),
      title: ({ instance: view }) => `${source} in ${view?.name ?? instance}:${view?.mounts?.at(-1)?.target ?? path}`,
      remark: ({ instance: view }) =>
        view?.mounts?.at(-1)?.state === "waiting" ? "(there when the instance runs)" : undefined,
    });
  },
});
