/** The manual page strata(1) in roff (man(7)), made from the verbs' texts. */
import { groups, usageLine } from "../model/verb.ts";
import type { Options, VerbText } from "../model/verb.ts";
import { optionForm } from "./help.ts";

export interface ManParts {
  readonly verbs: readonly VerbText[];
  readonly commonOptions: Options;
  readonly topics: readonly { readonly name: string; readonly page: () => string }[];
  readonly version: string;
  /** `2026-11-20` */
  readonly date: string;
}

export function manPage({ verbs, commonOptions, topics, version, date }: ManParts): string {
  const lines = [
    `.TH STRATA 1 ${quoted(date)} ${quoted(`strata ${version}`)} ${quoted("User Commands")}`,
    ".SH NAME",
    roff("strata - Linux instances from one program, with a history you can go back in"),
    ".SH SYNOPSIS",
    ".B strata",
    roff("VERB [words] [options]"),
    ".SH DESCRIPTION",
    roff(
      "Launches cloud-style Linux machines and keeps every change in an append-only log. The daemon starts by itself when a verb needs it.",
    ),
    ...groups.flatMap((group) =>
      verbs.filter((verb) => verb.group === group).length === 0
        ? []
        : [`.SH ${quoted(group.toUpperCase())}`, ...verbs.filter((verb) => verb.group === group).flatMap(verbLines)],
    ),
    ".SH OPTIONS OF EVERY VERB",
    ...optionLines(commonOptions),
    ...topics.flatMap(({ name, page }) => [
      `.SH ${quoted(name.toUpperCase())}`,
      ".nf",
      ...page().trimEnd().split("\n").slice(2).map(roff),
      ".fi",
    ]),
    ".SH ENVIRONMENT",
    ...environment.flatMap(([name, about]) => [".TP", `.B ${roff(name)}`, roff(about)]),
  ];
  return `${lines.join("\n")}\n`;
}

const environment: readonly (readonly [string, string])[] = [
  ["STRATA_HOME", "The data directory, and so the daemon. Absolute."],
  ["STRATA_HOST", "The socket of the daemon to talk to, as --host."],
  ["STRATA_REASON", "The reason recorded with each change, as --reason."],
  ["STRATA_IMAGE_HOSTS", "Hosts of images for a daemon that is started."],
  ["STRATA_DEBUG", "Set: unexpected errors show where in the program they arose."],
  ["NO_COLOR", "Set: no colours."],
];

function verbLines(verb: VerbText): string[] {
  const aliases = verb.aliases.length > 0 ? ` (also ${verb.aliases.join(", ")})` : "";
  return [
    `.SS ${quoted(`${usageLine(verb)}${aliases}`)}`,
    roff(`${verb.summary}.`),
    ...(verb.about ?? []).flatMap((paragraph) => [".PP", roff(paragraph)]),
    ...optionLines(verb.options),
    ...(verb.exits ?? []).flatMap(([code, meaning]) => [".TP", roff(`exit ${code}`), roff(meaning)]),
    ...(verb.examples.length > 0
      ? [".PP", ".nf", ...verb.examples.map(({ line, about }) => roff(`    ${line}    # ${about}`)), ".fi"]
      : []),
  ];
}

/** A paragraph for each option. */
export const optionLines = (options: Options): string[] =>
  Object.entries(options).flatMap(([name, option]) => [
    ".TP",
    `.B ${roff(optionForm(name, option).trim())}`,
    roff(option.about),
  ]);

/** Text as roff prints it: no line of it is a request, hyphens are hyphens and backslashes are seen. */
export function roff(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-");
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

/** One word of a request. */
export const quoted = (text: string) => `"${roff(text).replaceAll('"', "\\(dq")}"`;
