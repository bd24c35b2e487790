/** `multipass umount`: takes mounts out of instances. */
import { unmountEach } from "../mounting.ts";
import type { MountPlace } from "../mounts.ts";
import { noInstance, targetIn } from "../mounts.ts";
import { failedForSelection, lineError } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

export const umount = defineMultipassVerb({
  name: "umount",
  aliases: ["unmount"],
  summary: "Unmount a folder from an instance",
  about: "Take mounts out of instances.",
  syntax: "<mount> [<mount> ...]",
  arguments: [
    {
      name: "mount",
      about: "What is taken out: <name>[:<path>]. Without a path: all mounts of the instance",
      completes: "instance",
    },
  ],
  options: {},
  async run(context, { words }) {
    if (words.length === 0) throw lineError("Not enough arguments given");
    const known = await context.api.call("instance.list", {});
    const faults: string[] = [];
    const places = words.flatMap((word): MountPlace[] => {
      const [instance = "", path = ""] = word.split(/:(.*)/s);
      const view = known.find(({ name, state }) => name === instance && state !== "Deleted");
      if (!view) faults.push(noInstance(instance));
      const targets = (view?.mounts ?? []).map(({ target }) => target);
      if (path === "") return targets.map((target) => ({ instance, path: target }));
      const meant = targetIn(path, path);
      if (view && !targets.includes(meant)) faults.push(`path "${path}" is not mounted in '${instance}'`);
      return [{ instance, path: meant }];
    });
    if (faults.length > 0) throw failedForSelection("umount", faults);
    return unmountEach(context, places);
  },
});
