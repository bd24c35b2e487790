/** `strata shell`: a login shell in the guest. */
import { UserError, exitCodes } from "../errors.ts";
import { defineVerb, flag } from "./command.ts";
import type { Context } from "./context.ts";
import { beAt, leaveKeyName } from "./kept.ts";
import { launch } from "./launch.ts";
import { start } from "./start.ts";
import { asGuest, guestOptions, runInGuest, surroundings } from "./guest.ts";

const namesShown = 5;

export const shell = defineVerb({
  name: "shell",
  aliases: ["sh", "ssh"],
  group: "inside",
  summary: "Open a shell in an instance",
  about: [
    "Without a name: the only instance there is, or the one called primary (strata get client.primary-name). Where there is none yet, that one is launched; one that is off or suspended is started.",
    `With --keep the shell is the daemon's: it goes on when the connection, the window or this computer's session ends, and when you leave it with ${leaveKeyName}; strata attach comes back to it.`,
  ],
  arguments: [{ name: "INSTANCE", about: "name of an instance", required: false, many: false, completes: "instance" }],
  options: { ...guestOptions, keep: flag("let it go on without us, for strata attach") },
  examples: [
    { line: "strata shell web", about: "leave it with exit or Ctrl-D" },
    { line: "strata shell web --keep", about: "one that stays when the connection is lost" },
  ],
  exits: [
    ["0-255", "what the shell returned"],
    [125, "strata itself failed"],
  ],
  instead: ([instance = "", ...words]) => ["exec", instance, "--", ...words],
  async run(context, { words: [name], options }) {
    const instance = name ?? (await defaultInstance(context));
    const request = { instance, ...surroundings(options) };
    const enter = async () => {
      if (!options.keep) return runInGuest(context, request);
      return beAt(context, await asGuest(() => context.session.keep(request)));
    };
    try {
      return await enter();
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "instance-not-running") throw error;
      await start.run(context, { words: [instance], options: { filter: [] } });
      return enter();
    }
  },
});

/** The instance that is meant by none: launched when there is none at all. */
async function defaultInstance(context: Context): Promise<string> {
  const instances = (await context.api.call("instance.list", {})).filter(({ state }) => state !== "Deleted");
  const primary = context.settings.list().find(({ key }) => key === "client.primary-name")?.value ?? "";
  const [only] = instances;
  if (!only) return launchPrimary(context, primary);
  if (instances.length === 1) return only.name;
  if (instances.some(({ name }) => name === primary)) return primary;
  const names = instances.slice(0, namesShown).map(({ name }) => name);
  throw usage(
    `shell needs a name: there are ${instances.length} instances (${names.join(", ")}${instances.length > namesShown ? ", ..." : ""})`,
    `strata shell ${only.name}`,
  );
}

/** An empty primary name means that none is wanted. */
async function launchPrimary(context: Context, primary: string): Promise<string> {
  if (primary === "") throw usage("there is no instance yet", "strata launch");
  await launch.run(context, { words: [], options: { name: primary, label: [] } });
  return primary;
}

const usage = (message: string, next: string) =>
  new UserError("argument-missing", message, { exit: exitCodes.usage, hints: [["next", next]] });
