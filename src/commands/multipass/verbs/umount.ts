/** `multipass umount`: takes mounts out of instances. None has one yet, so each path that is named is not mounted. */
import { noInstance } from "../mounts.ts";
import { failedForSelection, lineError, multipassExit } from "../stop.ts";
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
  async run({ api }, { words }) {
    if (words.length === 0) throw lineError("Not enough arguments given");
    const known = await api.call("instance.list", {});
    const faults = words.flatMap((word) => {
      const [instance = "", path] = word.split(/:(.*)/s);
      if (!known.some(({ name, state }) => name === instance && state !== "Deleted")) return [noInstance(instance)];
      return path === undefined || path === "" ? [] : [`path "${path}" is not mounted in '${instance}'`];
    });
    if (faults.length > 0) throw failedForSelection("umount", faults);
    return multipassExit.ok;
  },
});
