/** `multipass alias`: a command of an instance under a name of its own. */
import { UserError } from "../../../errors.ts";
import { flag } from "../../command.ts";
import { allAliases, isFileName, ofActiveContext, withAlias } from "../alias-rules.ts";
import type { Aliases, MultipassContext } from "../context.ts";
import { lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";

/** `isCommand`: a word is a verb's name already. */
export const aliasVerb = (isCommand: (word: string) => boolean) =>
  defineMultipassVerb({
    name: "alias",
    aliases: [],
    summary: "Give a command of an instance a name",
    about:
      "Make a name for a command of an instance, in the current context. It is typed behind multipass, and alone where its script is found.",
    syntax: "<definition> [<name>]",
    arguments: [
      { name: "definition", about: "What it stands for: <instance>:<command>", completes: "place" },
      { name: "name", about: "The name. Without it: that of the command's program." },
    ],
    options: {
      "no-map-working-directory": flag(
        "Run it in the home of the guest's user, also where the folder of the call is mounted there",
        "n",
      ),
    },
    async run(context, { words, options: { "no-map-working-directory": stays } }) {
      const { name, instance, command } = read(words);
      await requireInstance(context, instance);
      const aliases = context.aliases.read();
      if (ofActiveContext(aliases, name)) throw lineError(`Alias '${name}' already exists in current context`);
      if (isCommand(name)) throw lineError(`Alias name '${name}' clashes with a command name`);
      write(context, withAlias(aliases, name, { instance, command, "working-directory": stays ? "default" : "map" }));
      if (allAliases(aliases).length === 0) hintAtPath(context);
      return multipassExit.ok;
    },
  });

function read(words: readonly string[]): {
  readonly name: string;
  readonly instance: string;
  readonly command: string;
} {
  const [definition = "", given] = words;
  if (words.length < 1 || words.length > 2) throw lineError("Wrong number of arguments given");
  const colon = definition.indexOf(":");
  if (colon === -1 || colon === definition.length - 1) throw lineError("No command given");
  if (colon === 0) throw lineError("No instance name given");
  const [instance, command] = [definition.slice(0, colon), definition.slice(colon + 1)];
  const name = given ?? command.slice(command.lastIndexOf("/") + 1);
  if (!isFileName(name)) throw lineError("Alias has to be a valid filename");
  return { name, instance, command };
}

async function requireInstance({ api }: MultipassContext, instance: string): Promise<void> {
  const known = await api.call("instance.list", {}).catch((error: unknown) => {
    if (error instanceof UserError) throw lineError("Error retrieving list of instances");
    throw error;
  });
  if (!known.some(({ name }) => name === instance)) throw lineError(`Instance '${instance}' does not exist`);
}

function write(context: MultipassContext, aliases: Aliases): void {
  try {
    context.aliases.write(aliases);
  } catch (error) {
    if (error instanceof UserError && error.code === "alias-script-not-made")
      throw lineError(`Error when creating script for alias: ${error.message}`);
    throw error;
  }
}

/** Said once, with the first alias. */
function hintAtPath({ aliases: { scripts }, stdout }: MultipassContext): void {
  if (scripts.isOnPath) return;
  stdout.write(
    `For aliases to be found by their names alone, put this into the settings of your shell (.bashrc or the like):\n\nPATH="$PATH:${scripts.directory}"\n`,
  );
}
