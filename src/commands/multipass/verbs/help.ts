/** `multipass help`: every verb, or the page of one. */
import { overviewPage, verbPage } from "../help.ts";
import { Stop, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import type { MultipassVerb } from "../verb.ts";

export const helpVerb = (verbs: () => readonly MultipassVerb[]): MultipassVerb =>
  defineMultipassVerb({
    name: "help",
    aliases: [],
    summary: "Show help on commands",
    about: "Show what there is, or what one command takes.",
    syntax: "[<command>]",
    arguments: [{ name: "command", about: "The command to be told about", completes: "topic" }],
    options: {},
    run: async ({ stdout }, { words }) => {
      if (words.length > 1) throw lineError("Too many arguments given");
      const [word] = words;
      if (word === undefined) {
        stdout.write(overviewPage(verbs()));
        return multipassExit.ok;
      }
      const verb = verbs().find(({ name, aliases }) => name === word || aliases.includes(word));
      if (!verb) throw new Stop(`Error: Unknown Command: '${word}'`, multipassExit.commandLine, "stdout");
      stdout.write(verbPage(verb));
      return multipassExit.ok;
    },
  });
