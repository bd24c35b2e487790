/** Help pages in the reference's layout: usage, description, options, and what may follow. */
import type { Options } from "../../model/verb.ts";
import { globalHidden, globalOptions } from "./verb.ts";
import type { MultipassText } from "./verb.ts";

const widthMax = 79;
/** Names of options that are longer stand on a line of their own. */
const namesMax = 50;

/** `multipass help` */
export function overviewPage(verbs: readonly MultipassText[]): string {
  const listed = verbs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const width = Math.max(...listed.map(({ name }) => name.length));
  return [
    "Usage: multipass [options] <command>",
    "Make, control and reach Linux instances.",
    "",
    "Multipass-compatible: the same instances as those of strata.",
    "",
    ...optionLines(globalOptions, globalHidden),
    "",
    "Available commands:",
    ...listed.flatMap(({ name, summary }) => row(name, summary, width)),
    "",
  ].join("\n");
}

/** `multipass help VERB` */
export function verbPage(verb: MultipassText): string {
  const { name, syntax, about } = verb;
  const options = { ...globalOptions, ...verb.options };
  const width = Math.max(0, ...verb.arguments.map((argument) => argument.name.length));
  return [
    ["Usage: multipass", name, "[options]", ...(syntax === "" ? [] : [syntax])].join(" "),
    ...about.split("\n").flatMap((paragraph) => wrap(paragraph, widthMax)),
    "",
    ...optionLines(options, [...globalHidden, ...(verb.hidden ?? [])]),
    ...(verb.arguments.length === 0 ? [] : ["", "Arguments:"]),
    ...verb.arguments.flatMap((argument) => row(argument.name, argument.about, width)),
    "",
  ].join("\n");
}

function optionLines(options: Options, hidden: readonly string[]): string[] {
  const rows = Object.entries(options)
    .filter(([name]) => !hidden.includes(name))
    .map(([name, option]) => {
      const value = option.kind === "flag" ? "" : ` <${option.placeholder}>`;
      const short = option.short === undefined ? "" : `-${option.short}, `;
      return { names: `${short}--${name}${value}`, about: option.about };
    });
  const width = Math.min(namesMax, Math.max(...rows.map(({ names }) => names.length)));
  return ["Options:", ...rows.flatMap(({ names, about }) => row(names, about, width))];
}

/** A name and what it means, its further lines below the first. */
function row(name: string, about: string, width: number): string[] {
  const [first = "", ...more] = about.split("\n").flatMap((line) => wrap(line, widthMax - width - 4));
  const indent = " ".repeat(width + 4);
  const head = name.length > width ? [`  ${name}`, `${indent}${first}`] : [`  ${name.padEnd(width)}  ${first}`];
  return [...head, ...more.map((line) => `${indent}${line}`)].map((line) => line.trimEnd());
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
