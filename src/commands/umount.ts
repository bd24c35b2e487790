/** `strata umount`: takes mounts out of instances. */
import { plainPath, homeOf } from "../model/mount-words.ts";
import { exitCodes } from "../errors.ts";
import { changeAll } from "./change.ts";
import { changingOptions, defineVerb, flag } from "./command.ts";
import type { Context } from "./context.ts";
import { type Place, placeOf } from "./mount-words.ts";

export const umount = defineVerb({
  name: "umount",
  aliases: ["unmount"],
  group: "inside",
  summary: "Take mounts out of an instance",
  about: [
    "Without a target, all mounts of the instance. The folder it was mounted at stays in the instance, and what is in the folder of this machine stays as it is.",
    "A mount that something in the instance uses is not taken away: the error names what it is. With --force it is, and those who use it get errors.",
  ],
  arguments: [
    { name: "INSTANCE[:TARGET]", about: "what is taken away", required: true, many: true, completes: "place" },
  ],
  options: { force: flag("also when it is in use", "f"), ...changingOptions },
  examples: [
    { line: "strata umount web:site", about: "the one in the home of web's user" },
    { line: "strata umount web", about: "all of them" },
  ],
  async run(context, { words, options }) {
    const places = (await Promise.all(words.map((word) => targetsOf(context, placeOf(word))))).flat();
    const all = new Map(places.map((place) => [`${place.instance}:${place.path}`, place]));
    if (all.size === 0) context.say("Nothing is mounted there.");
    return all.size === 0
      ? exitCodes.ok
      : changeAll(context, [...all.keys()], {
          verb: "umount",
          done: "Unmounted",
          detach: options.detach,
          shape: options,
          shown: (name) => name,
          behind: "umount",
          instanceOf: (name) => all.get(name)?.instance ?? name,
          send: (name) =>
            context.api.call("instance.unmount", {
              command: context.newCommand(),
              ...context.reason(options.reason),
              instance: all.get(name)?.instance ?? "",
              target: all.get(name)?.path ?? "",
              force: options.force,
            }),
        });
  },
});

/** Each mount that is meant, by its whole path. */
async function targetsOf({ api }: Context, { instance, path }: Place): Promise<readonly Place[]> {
  const [view] = await api.call("instance.info", { instances: [instance] });
  if (path !== "") return [{ instance, path: plainPath(path, homeOf(view?.user ?? "")) }];
  return (view?.mounts ?? []).map(({ target }) => ({ instance, path: target }));
}
