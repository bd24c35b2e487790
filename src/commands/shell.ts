/** `strata shell`: a login shell in the guest. */
import { UserError, exitCodes } from "../errors.ts";
import { defineVerb } from "./command.ts";
import type { Context } from "./context.ts";
import { guestOptions, runInGuest, surroundings } from "./guest.ts";

const namesShown = 5;

export const shell = defineVerb({
  name: "shell",
  aliases: ["sh", "ssh"],
  group: "inside",
  summary: "Open a shell in an instance",
  about: ["Without a name: the only instance there is, or the one called primary (strata get client.primary-name)."],
  arguments: [{ name: "INSTANCE", about: "name of an instance", required: false, many: false }],
  options: guestOptions,
  examples: [{ line: "strata shell web", about: "leave it with exit or Ctrl-D" }],
  exits: [
    ["0-255", "what the shell returned"],
    [125, "strata itself failed"],
  ],
  async run(context, { words: [name], options }) {
    return runInGuest(context, { instance: name ?? (await defaultInstance(context)), ...surroundings(options) });
  },
});

async function defaultInstance(context: Context): Promise<string> {
  const instances = (await context.api.call("instance.list", {})).filter(({ state }) => state !== "Deleted");
  const [only] = instances;
  if (!only) throw usage("there is no instance yet", "strata launch");
  if (instances.length === 1) return only.name;
  const primary = context.settings.list().find(({ key }) => key === "client.primary-name")?.value;
  if (instances.some(({ name }) => name === primary)) return primary ?? only.name;
  const names = instances.slice(0, namesShown).map(({ name }) => name);
  throw usage(
    `shell needs a name: there are ${instances.length} instances (${names.join(", ")}${instances.length > namesShown ? ", ..." : ""})`,
    `strata shell ${only.name}`,
  );
}

const usage = (message: string, next: string) =>
  new UserError("argument-missing", message, { exit: exitCodes.usage, hints: [["next", next]] });
