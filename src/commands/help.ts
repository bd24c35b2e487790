/** `strata help`: the overview, the page of a verb, or a topic. Needs no daemon. */
import { UserError, exitCodes } from "../errors.ts";
import { nearest } from "../model/name.ts";
import { overview, verbPage } from "../render/help.ts";
import { commonOptions, defineVerb } from "./command.ts";
import type { Verb } from "./command.ts";
import { habitOf } from "./habits.ts";
import { topics } from "./topics.ts";

/** The help verb over a list that it is itself a part of. */
export function helpVerb(verbs: () => readonly Verb[]): Verb {
  return defineVerb({
    name: "help",
    aliases: [],
    group: "strata itself",
    summary: "Explain a verb or a topic",
    arguments: [
      {
        name: "VERB",
        about: "a verb, or a topic: points, exit-codes, verbs",
        required: false,
        many: false,
        completes: "topic",
      },
    ],
    options: {},
    examples: [
      { line: "strata help launch", about: "what launch takes" },
      { line: "strata help exit-codes", about: "a topic" },
    ],
    async run({ stdout }, { words: [word] }) {
      stdout.write(helpPage(word, verbs()));
      return exitCodes.ok;
    },
  });
}

/** The first thing a newcomer sees: `strata` alone. */
export const overviewPage = (verbs: readonly Verb[]): string => overview(verbs, topics);

/** The overview, or the page on a verb or topic. Throws `help-unknown`. */
export function helpPage(word: string | undefined, verbs: readonly Verb[]): string {
  if (word === undefined) return overviewPage(verbs);
  const verb = verbs.find(({ name, aliases }) => name === word || aliases.includes(word));
  if (verb) return verbPage(verb, commonOptions);
  const topic = topics.find(({ name }) => name === word);
  if (topic) return topic.page();
  const close = nearest(word, [...verbs.map(({ name }) => name), ...topics.map(({ name }) => name)]);
  const habit = habitOf(word, [])?.line.split(" ")[1];
  const meant = close ?? habit;
  const hint = meant === undefined ? undefined : `strata help ${meant}`;
  throw new UserError("help-unknown", `there is no help on "${word}"`, {
    exit: exitCodes.usage,
    hints: [...(hint === undefined ? [] : [["did you mean", hint] as const]), ["next", "strata help"]],
  });
}
