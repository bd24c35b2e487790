/** Help pages made from the verbs' texts. */
import { groups, usageLine } from "../model/verb.ts";
import type { Option, Options, VerbText } from "../model/verb.ts";

/** What the page is printed on is not asked: help is the same everywhere, so that it can be piped and compared. */
const widthMax = 88;

const groupTitles: Record<(typeof groups)[number], string> = {
  instances: "Instances",
  inside: "Inside an instance",
  history: "What happened",
  networks: "Networks",
  "images and settings": "Images and settings",
  "strata itself": "strata itself",
};

/** `strata help`: every verb on one screen. */
export function overview(verbs: readonly VerbText[], topics: readonly { name: string; summary: string }[]): string {
  const names = verbs.map((verb) => [verb.name, ...verb.aliases].join(", "));
  const width = Math.max(
    ...names.map((name) => name.length),
    ...topics.map(({ name }) => name.length + "help ".length),
  );
  const row = (name: string, summary: string) => `  ${name.padEnd(width)}  ${summary}`;
  const sections = groups.map((group) => {
    const rows = verbs
      .filter((verb) => verb.group === group)
      .map((verb) => row([verb.name, ...verb.aliases].join(", "), verb.summary));
    return [groupTitles[group], ...rows].join("\n");
  });
  return [
    "strata: Linux instances from one program, with a history you can go back in",
    "Usage: strata VERB [words] [options]",
    section("First steps", [
      ["strata launch --name web", "make an instance called web"],
      ["strata shell web", "a shell in it; leave with exit"],
      ["strata delete web", "put it in the trash; strata recover web takes it out"],
    ]),
    ...sections,
    [
      "More",
      row("help VERB", "what a verb takes, with examples"),
      ...topics.map(({ name, summary }) => row(`help ${name}`, summary)),
    ].join("\n"),
  ]
    .map((text) => `${text}\n`)
    .join("\n");
}

/** `strata help VERB` */
export function verbPage(verb: VerbText, common: Options): string {
  const own = Object.entries(verb.options);
  const sections = [
    `strata ${verb.name}: ${verb.summary.charAt(0).toLowerCase()}${verb.summary.slice(1)}`,
    [
      `Usage: ${usageLine(verb)}${own.length > 0 ? " [options]" : ""}`,
      ...(verb.aliases.length > 0 ? [`Also:  ${verb.aliases.map((alias) => `strata ${alias}`).join(", ")}`] : []),
    ].join("\n"),
    ...(verb.about ?? []).map((paragraph) => wrap(paragraph, widthMax, "")),
    section(
      "Words",
      verb.arguments.map(({ name, about, many, required }) => [
        `${name}${many ? "..." : ""}`,
        required ? about : `${about} (optional)`,
      ]),
    ),
    section(
      "Options",
      own.map(([name, option]) => [optionForm(name, option), option.about]),
    ),
    section(
      "Options of every verb",
      Object.entries(common).map(([name, option]) => [optionForm(name, option), option.about]),
    ),
    section(
      "Exit codes",
      (verb.exits ?? []).map(([code, meaning]) => [String(code), meaning]),
    ),
    section(
      "Examples",
      verb.examples.map(({ line, about }) => [line, about]),
    ),
  ];
  return sections
    .filter((text) => text !== "")
    .map((text) => `${text}\n`)
    .join("\n");
}

/** `-n, --name NAME`; long ones without a short stand in the same column. */
export function optionForm(name: string, option: Option): string {
  const long = option.kind !== "flag" ? `--${name} ${option.placeholder}` : `--${name}`;
  const shorts = [...(option.short ?? "")].map((letter) => `-${letter}, `).join("");
  return `${shorts.padEnd(4)}${long}`;
}

/** A title and rows of two columns; nothing when there are no rows. */
export function section(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return "";
  const width = Math.max(...rows.map(([left]) => left.length));
  const indent = " ".repeat(width + 4);
  return [
    title,
    ...rows.map(
      ([left, right]) => `  ${left.padEnd(width)}  ${wrap(right, Math.max(widthMax - indent.length, 40), indent)}`,
    ),
  ].join("\n");
}

/** Breaks `text` at spaces into lines of `width`; the lines after the first begin with `indent`. */
export function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].join(`\n${indent}`);
}
