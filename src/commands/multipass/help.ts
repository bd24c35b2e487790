/** Help pages in the reference's layout: usage, description, options, and what may follow. */
import type { Options } from "../../model/verb.ts";
import { globalHidden, globalOptions } from "./verb.ts";
import type { MultipassText } from "./verb.ts";

const widthMax = 79;
/** What stands on the left is cut into pieces of this width when it is longer. */
const namesMax = 50;

/** `multipass help` */
export function overviewPage(verbs: readonly MultipassText[]): string {
  const listed = verbs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const shown = optionsOf(globalOptions, globalHidden);
  const options = columnOf(shown);
  const commands = Math.max(...listed.map(({ name }) => name.length));
  return [
    "Usage: multipass [options] <command>",
    "Make, control and reach Linux instances.",
    "",
    "Multipass-compatible: the same instances as those of strata.",
    "",
    "Options:",
    ...shown.flatMap((each) => rows(each, options)),
    "",
    "Available commands:",
    ...listed.map(({ name, summary }) => `  ${name.padEnd(commands)}  ${summary}`),
    "",
  ].join("\n");
}

/** `multipass help VERB` */
export function verbPage(verb: MultipassText): string {
  const { name, syntax, about } = verb;
  const shown = optionsOf({ ...globalOptions, ...verb.options }, [...globalHidden, ...(verb.hidden ?? [])]);
  // Arguments stand in the column of the options, as Qt has it.
  const width = columnOf(shown);
  return [
    ["Usage: multipass", name, "[options]", ...(syntax === "" ? [] : [syntax])].join(" "),
    ...about.split("\n").flatMap((paragraph) => wrap(paragraph, widthMax)),
    "",
    "Options:",
    ...shown.flatMap((each) => rows(each, width)),
    ...(verb.arguments.length === 0 ? [] : ["", "Arguments:"]),
    ...verb.arguments.flatMap((argument) => rows({ names: argument.name, about: argument.about }, width)),
    "",
  ].join("\n");
}

/** `multipassd --help` */
export function daemonPage(options: Options): string {
  const shown = optionsOf(options, []);
  const width = columnOf(shown);
  return [
    "Usage: multipassd [options]",
    "The daemon in the foreground. Without it, the first command that needs one starts it in the background.",
    "",
    "Options:",
    ...shown.flatMap((each) => rows(each, width)),
    "",
  ].join("\n");
}

interface Shown {
  readonly names: string;
  readonly about: string;
}

const optionsOf = (options: Options, hidden: readonly string[]): readonly Shown[] =>
  Object.entries(options)
    .filter(([name]) => !hidden.includes(name))
    .map(([name, { about, ...option }]) => {
      const value = option.kind === "flag" ? "" : ` <${option.placeholder}>`;
      const shorts = [...(option.short ?? "")].map((letter) => `-${letter}, `);
      return { names: `${shorts.join("")}--${name}${value}`, about };
    });

const columnOf = (shown: readonly Shown[]): number =>
  Math.min(namesMax, Math.max(...shown.map(({ names }) => names.length)) + 1);

/** Names on the left and what they mean on the right, each over as many lines as it takes. */
function rows({ names, about }: Shown, width: number): string[] {
  const right = about.split("\n").flatMap((line) => wrap(line, widthMax - width - 3));
  const left = names.match(new RegExp(`.{1,${width}}`, "g")) ?? [""];
  return Array.from({ length: Math.max(left.length, right.length) }, (_, at) =>
    `  ${(left[at] ?? "").padEnd(width)} ${right[at] ?? ""}`.trimEnd(),
  );
}

function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}
