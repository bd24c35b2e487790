/** One command under the name of multipass, from its words to its exit code. */
import type { Options } from "../../model/verb.ts";
import type { Alias, MultipassContext } from "./context.ts";
import { findAlias } from "./alias-rules.ts";
import { inTheirWords } from "./failures.ts";
import { overviewPage, verbPage } from "./help.ts";
import { readLine } from "./parser.ts";
import type { Line } from "./parser.ts";
import { Stop, multipassExit } from "./stop.ts";
import { globalOptions } from "./verb.ts";
import type { MultipassVerb } from "./verb.ts";
import { verbs } from "./verbs.ts";

export interface Outputs {
  readonly stdout: { write(data: string): void };
  readonly stderr: { write(data: string): void };
}

/** The exit code of `multipass ...argv`. Throws only what is a bug. `open` is called when a verb needs more than its words. */
export async function runMultipass(
  argv: readonly string[],
  outputs: Outputs,
  open: () => Promise<MultipassContext>,
): Promise<number> {
  const before = readLine(argv, globalOptions);
  const [word] = before.words;
  let verb: MultipassVerb | undefined;
  try {
    if (before.values.has("version")) return await run("version", open);
    if (word === undefined) return overview(before, outputs);
    verb = find(word);
    if (verb) return await runVerb(verb, argv, outputs, open);
    if (before.values.has("help")) return overview(before, outputs);
    const alias = await meantBy(word, open);
    verb = find("exec");
    if (!verb) return multipassExit.commandLine;
    return await runVerb(verb, execLine(argv, word, alias), outputs, open, alias);
  } catch (error) {
    const { message, exit, stream } = inTheirWords(error, verb?.name ?? word ?? "");
    if (message !== "") outputs[stream].write(`${message}\n`);
    return exit;
  }
}

const find = (word: string): MultipassVerb | undefined =>
  verbs.find(({ name, aliases }) => name === word || aliases.includes(word));

function overview({ values, words, error }: Line, { stdout, stderr }: Outputs): number {
  if (words.length === 0 && error !== undefined) stderr.write(`${error}\n\n`);
  stdout.write(overviewPage(verbs));
  return values.has("help") ? multipassExit.ok : multipassExit.failed;
}

async function run(name: string, open: () => Promise<MultipassContext>): Promise<number> {
  const verb = find(name);
  return verb ? verb.run(await open(), { words: [], options: {} }) : multipassExit.commandLine;
}

async function runVerb(
  verb: MultipassVerb,
  argv: readonly string[],
  { stdout, stderr }: Outputs,
  open: () => Promise<MultipassContext>,
  alias?: Alias,
): Promise<number> {
  const options: Options = { ...globalOptions, ...verb.options };
  const line = readLine(argv, options);
  if (line.error !== undefined) {
    const hint = line.unknown.length > 0 ? verb.onBadOption?.(argv, alias !== undefined) : undefined;
    stderr.write(`${line.error}\n${hint === undefined ? "" : `${hint}\n`}`);
    return multipassExit.commandLine;
  }
  if (line.values.has("help")) {
    stdout.write(verbPage(verb));
    return multipassExit.ok;
  }
  const values = typed(options, line);
  // The first word is the verb's own, whatever an option has made of the line.
  return verb.run(await open(), { words: line.words.slice(1), options: values, ...(alias && { alias }) });
}

function typed(options: Options, { values }: Line): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const given = values.get(name) ?? [];
      if (option.kind === "flag") return [name, given.length > 0];
      if (option.kind === "list") return [name, given.map((value) => option.parse(value))];
      const last = given.at(-1);
      return [name, last === undefined ? undefined : option.parse(last)];
    }),
  );
}

/** Throws what is said of a word that is neither a command nor an alias. */
async function meantBy(word: string, open: () => Promise<MultipassContext>): Promise<Alias> {
  const { aliases } = await open();
  const alias = findAlias(aliases.read(), word);
  if (alias) return alias;
  throw new Stop(
    `Error: Unknown command or alias '${word}' (try "multipass help" or "multipass aliases")`,
    multipassExit.commandLine,
    "stdout",
  );
}

/** The line of `exec` that an alias stands for, as the reference makes it: its options are still exec's, up to `--`. */
const execLine = (argv: readonly string[], word: string, { instance, command }: Alias): string[] =>
  argv.toSpliced(argv.indexOf(word), 1, "exec", instance, command);
