/** The client role: one verb from its arguments to its exit code; every failure becomes lines on standard error. */
import { helpPage, overviewPage } from "../commands/help.ts";
import { verbs } from "../commands/index.ts";
import { parse } from "../commands/parse.ts";
import type { Parsed } from "../commands/parse.ts";
import type { Config } from "../config.ts";
import { exitCodes } from "../errors.ts";
import { errorLines, exitCodeOf } from "../render/error.ts";
import { outputStream } from "../sys/output.ts";
import type { OutputStream } from "../sys/output.ts";
import { completionCall } from "./completion-call.ts";
import type { createContext } from "./context.ts";

/** The exit code of `strata ...argv`. Never throws. `debug`: stacks of unexpected errors are shown. */
export async function runClient(argv: readonly string[], version: string, debug: boolean): Promise<number> {
  const stderr = outputStream(2);
  try {
    const asked = completionCall(argv);
    if (asked) return await complete(asked, version);
    const parsed = parse(argv, verbs);
    if (!parsed) {
      stderr.write(overviewPage(verbs));
      return exitCodes.usage;
    }
    const topic = helpTopic(parsed);
    // Help needs nothing of this machine, and must come at once.
    if (topic) outputStream(1).write(helpPage(topic.word, verbs));
    return topic ? exitCodes.ok : await runVerb(parsed, version, stderr);
  } catch (error) {
    const { pasteable } = await import("../commands/corrected.ts");
    const shown = pasteable(error, argv, verbs);
    stderr.write(`${errorLines(shown, debug).join("\n")}\n`);
    return exitCodeOf(shown);
  }
}

async function complete(words: readonly string[], version: string): Promise<number> {
  const [{ runComplete }, { surfaceOf }] = await Promise.all([
    import("./complete.ts"),
    import("../commands/complete.ts"),
  ]);
  return runComplete(words, { version, surface: surfaceOf(verbs) });
}

/** What help is asked on, by `strata help [WORD]` or `--help` after a verb. */
function helpTopic({ verb, words, options }: Parsed): { readonly word: string | undefined } | undefined {
  if (verb.name === "help") return { word: words[0] };
  return options["help"] === true ? { word: verb.name } : undefined;
}

async function runVerb({ verb, words, options }: Parsed, version: string, stderr: OutputStream): Promise<number> {
  const [{ readConfig }, { createContext }] = await Promise.all([import("../config.ts"), import("./context.ts")]);
  const config: Config = readConfig();
  const host = typeof options["host"] === "string" ? options["host"] : undefined;
  const context = createContext({ config, version, host, stderr });
  if (options["verbose"] === true) await sayWhichDaemon(context);
  return verb.run(context, { words, options });
}

async function sayWhichDaemon({ api, say }: ReturnType<typeof createContext>): Promise<void> {
  const hello = await api.probe();
  const { socket, origin } = api.target;
  say(
    hello
      ? `daemon      strata ${hello.version}, pid ${hello.pid}, data in ${hello.directory}, at ${socket} (${origin})`
      : `daemon      none yet at ${socket} (${origin})`,
  );
}
