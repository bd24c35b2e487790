/** `multipass exec`: a command in the guest; its exit code is ours. */
import { flag, text } from "../../command.ts";
import { enter, findForEntry } from "../inside.ts";
import type { Enterable } from "../inside.ts";
import { lineError } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { mappedDirectory, wordsIn } from "../working-directory.ts";
import { startAll } from "./start.ts";

export const exec = defineMultipassVerb({
  name: "exec",
  aliases: [],
  summary: "Run a command in an instance",
  about:
    "Run a command in an instance, with the terminal, input and outputs of this one. Options of the command stand behind --. An instance that is off is started first.",
  syntax: "<name> [--] <command>",
  arguments: [
    { name: "name", about: "The instance to run it in", completes: "instance" },
    { name: "command", about: "The command and its words; each arrives as it is" },
  ],
  options: {
    "working-directory": text("dir", "The folder of the guest to run it in", "d"),
    "no-map-working-directory": flag(
      "Stay in the home of the guest's user, also where this folder is mounted there",
      "n",
    ),
  },
  onBadOption: (argv, isAlias) => {
    if (argv.includes("--")) return undefined;
    const [what, line] = isAlias ? ["alias", "<alias> --"] : ["inner command", "exec <instance> -- <command>"];
    return `\nOptions to the ${what} should come after "--", like this:\nmultipass ${line} <arguments>`;
  },
  async run(context, { words: [name, ...command], options, alias }) {
    const { "working-directory": given, "no-map-working-directory": stays } = options;
    if (given !== undefined && stays)
      throw lineError("Options --working-directory and --no-map-working-directory clash");
    if (name === undefined || command.length === 0) throw lineError("Wrong number of arguments");
    const [found] = await findForEntry(context, "exec", [name]);
    if (!found?.isRunning) await startAll(context, "start", [name], undefined);
    const isMapped = alias ? alias["working-directory"] === "map" : !stays;
    const directory = given ?? (isMapped ? mappedDirectory(context.directory, mountsOf(found)) : undefined);
    return enter(context, "exec", { instance: name, words: wordsIn(directory, command) });
  },
});

/** Those that are there, or will be once it has started. */
const mountsOf = (found: Enterable | undefined) =>
  (found?.view.mounts ?? []).filter(({ state }) => state !== "degraded");
