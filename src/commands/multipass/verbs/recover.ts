/** `multipass recover`: takes instances out of the trash; those that are not in it are left alone. */
import { doesNotExist, namesOrAll } from "../instances.ts";
import { performEach } from "../perform.ts";
import { failedForSelection } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { allFlag } from "../words.ts";

export const recover = defineMultipassVerb({
  name: "recover",
  aliases: [],
  summary: "Recover deleted instances",
  about: "Take deleted instances back. They are stopped then.",
  syntax: "<name> [<name> ...]",
  arguments: [{ name: "name", about: "Names of instances to recover", completes: "deleted" }],
  options: allFlag,
  async run(context, { words, options }) {
    const names = namesOrAll(words, options);
    const known = await context.api.call("instance.list", {});
    const missing = (names ?? []).filter((name) => !known.some((view) => view.name === name));
    if (missing.length > 0) throw failedForSelection("recover", missing.map(doesNotExist));
    const items = known
      .filter(({ name, state }) => state === "Deleted" && (names?.includes(name) ?? true))
      .map(({ name }) => name);
    return performEach(context, { verb: "recover", items }, (instance) => ({
      what: `recover ${instance}`,
      send: () => context.api.call("instance.recover", { command: context.newCommand(), instance }),
    }));
  },
});
