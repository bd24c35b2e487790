/** The manual page multipass(1): the words of that name, from the same texts as its help. */
import type { Argument, Options, VerbText } from "../model/verb.ts";
import { optionLines, quoted, roff } from "./man.ts";

export interface MultipassManParts {
  readonly verbs: readonly (Pick<VerbText, "name" | "aliases" | "options"> & {
    readonly about: string;
    readonly syntax: string;
    readonly arguments: readonly Pick<Argument, "name" | "about">[];
    readonly hidden?: readonly string[];
  })[];
  readonly commonOptions: Options;
  readonly version: string;
  /** `2026-11-20` */
  readonly date: string;
}

export function multipassManPage({ verbs, commonOptions, version, date }: MultipassManParts): string {
  const lines = [
    `.TH MULTIPASS 1 ${quoted(date)} ${quoted(`strata ${version}`)} ${quoted("User Commands")}`,
    ".SH NAME",
    roff("multipass - strata by the name, the words and the rules of Multipass"),
    ".SH SYNOPSIS",
    ".B multipass",
    roff("[options] COMMAND [options] [words]"),
    ".SH DESCRIPTION",
    roff(
      "The same program and the same instances as those of strata(1), for scripts and fingers that know Multipass. What strata can do beyond that is to be had under its own name.",
    ),
    ".SH COMMANDS",
    ...verbs.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap(verbLines),
    ".SH OPTIONS OF EVERY COMMAND",
    ...optionLines(commonOptions),
    ".SH EXIT STATUS",
    ...exits.flatMap(([code, meaning]) => [".TP", roff(code), roff(meaning)]),
    ".SH SEE ALSO",
    roff("strata(1)"),
  ];
  return `${lines.join("\n")}\n`;
}

const exits: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "It is done."],
  ["1", "The line is wrong."],
  ["2", "The command failed, or no daemon answers."],
  ["5", "The time of --timeout was over."],
  ["255", "exec and shell: the way into the guest failed. All other codes are those of the command in the guest."],
];

type Verb = MultipassManParts["verbs"][number];

function verbLines({ name, aliases, about, syntax, options, hidden = [], ...verb }: Verb): string[] {
  const also = aliases.length > 0 ? ` (also ${aliases.join(", ")})` : "";
  const shown = Object.fromEntries(Object.entries(options).filter(([key]) => !hidden.includes(key)));
  return [
    `.SS ${quoted(`${["multipass", name, syntax].join(" ").trim()}${also}`)}`,
    ...about.split("\n").map(roff),
    ...verb.arguments.flatMap((argument) => [".TP", `.I ${roff(argument.name)}`, roff(argument.about)]),
    ...optionLines(shown),
  ];
}
