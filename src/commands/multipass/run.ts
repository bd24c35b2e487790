/** One command under the name of multipass, from its words to its exit code. */
import type { Options } from "../../model/verb.ts";
import type { Alias, MultipassContext } from "./context.ts";
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
  let verb: MultipassVerb | undefined;
  try {
    const before = readLine(argv, globalOptions);
    const [word] = before.words;
    if (before.values.has("version")) return await run("version", { words: [], values: {} }, open);
    if (word === undefined) {
      outputs.stdout.write(overviewPage(verbs));
      return before.values.has("help") ? multipassExit.ok : multipassExit.failed;
    }
    verb = find(word);
    if (verb) return await runVerb(verb, word, argv, outputs, open);
    const line = await aliasLine(word, argv, await open());
    verb = find("exec");
    if (verb) return await runVerb(verb, "exec", line, outputs, open);
    return multipassExit.commandLine;
  } catch (error) {
    const { message, exit, stream } = inTheirWords(error, verb?.name ?? "");
    if (message !== "") outputs[stream].write(`${message}\n`);
    return exit;
  }
}

const find = (word: string): MultipassVerb | undefined =>
  verbs.find(({ name, aliases }) => name === word || aliases.includes(word));

async function run(
  name: string,
  { words, values }: { words: readonly string[]; values: Readonly<Record<string, unknown>> },
  open: () => Promise<MultipassContext>,
): Promise<number> {
  const verb = find(name);
  return verb ? verb.run(await open(), { words, options: values }) : multipassExit.commandLine;
}

async function runVerb(
  verb: MultipassVerb,
  word: string,
  argv: readonly string[],
  { stdout, stderr }: Outputs,
  open: () => Promise<MultipassContext>,
): Promise<number> {
  const options: Options = { ...globalOptions, ...verb.options };
  const line = readLine(argv, options);
  if (line.error !== undefined) {
    const hint = verb.onBadOption?.(argv);
    stderr.write(`${line.error}\n${hint === undefined ? "" : `${hint}\n`}`);
    return multipassExit.commandLine;
  }
  if (line.values.has("help")) {
    stdout.write(verbPage(verb));
    return multipassExit.ok;
  }
  const values = typed(options, line);
  const words = line.words.toSpliced(line.words.indexOf(word), 1);
  return verb.run(await open(), { words, options: values });
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

/** The line of `exec` that an alias stands for. Throws what is said of a word that is none. */
async function aliasLine(word: string, argv: readonly string[], { aliases }: MultipassContext): Promise<string[]> {
  const alias = findAlias(word, aliases.read());
  if (!alias)
    throw new Stop(
      `Error: Unknown command or alias '${word}' (try "multipass help" or "multipass aliases")`,
      multipassExit.commandLine,
      "stdout",
    );
  const at = argv.indexOf(word);
  const mapping = alias["working-directory"] === "default" ? ["--no-map-working-directory"] : [];
  const rest = argv.slice(at + 1);
  return [
    ...argv.slice(0, at),
    "exec",
    ...mapping,
    alias.instance,
    "--",
    alias.command,
    ...(rest[0] === "--" ? rest.slice(1) : rest),
  ];
}

/** In the current context, then in the only one that has it, then as `context.alias`. */
function findAlias(
  word: string,
  { contexts, ...book }: ReturnType<MultipassContext["aliases"]["read"]>,
): Alias | undefined {
  const own = contexts[book["active-context"]]?.[word];
  if (own) return own;
  const all = Object.values(contexts).flatMap((aliases) => aliases[word] ?? []);
  if (all.length === 1) return all[0];
  return Object.entries(contexts)
    .flatMap(([context, aliases]) =>
      Object.entries(aliases).map(([name, alias]) => ({ name: `${context}.${name}`, alias })),
    )
    .find(({ name }) => name === word)?.alias;
}
