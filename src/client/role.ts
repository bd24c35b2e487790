/** The client role: one verb from its arguments to its exit code; every failure becomes lines on standard error. */
import { overviewPage } from "../commands/help.ts";
import { verbs } from "../commands/index.ts";
import { parse } from "../commands/parse.ts";
import type { Config } from "../config.ts";
import { exitCodes } from "../errors.ts";
import { errorLines, exitCodeOf } from "../render/error.ts";
import { outputStream } from "../sys/output.ts";
import { createContext } from "./context.ts";

/** The exit code of `strata ...argv`. Never throws. */
export async function runClient(argv: readonly string[], read: () => Config, version: string): Promise<number> {
  const stderr = outputStream(2);
  let config: Config | undefined;
  try {
    config = read();
    const parsed = parse(argv, verbs);
    if (!parsed) {
      stderr.write(overviewPage(verbs));
      return exitCodes.usage;
    }
    const { options } = parsed;
    const isHelp = options["help"] === true;
    const verb = isHelp ? (verbs.find(({ name }) => name === "help") ?? parsed.verb) : parsed.verb;
    const words = isHelp && verb !== parsed.verb ? [parsed.verb.name] : parsed.words;
    const host = typeof options["host"] === "string" ? options["host"] : undefined;
    const context = createContext({ config, version, host, stderr });
    if (options["verbose"] === true) await sayWhichDaemon(context);
    return await verb.run(context, { words, options });
  } catch (error) {
    stderr.write(`${errorLines(error, config?.debug ?? false).join("\n")}\n`);
    return exitCodeOf(error);
  }
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
