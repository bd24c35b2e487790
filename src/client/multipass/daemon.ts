/** The daemon under the name of multipassd: in the foreground, for a service manager. */
import { flag, text } from "../../commands/command.ts";
import { daemonPage } from "../../commands/multipass/help.ts";
import { readLine } from "../../commands/multipass/parser.ts";
import { multipassExit } from "../../commands/multipass/stop.ts";
import { outputStream } from "../../sys/output.ts";
import { runClient } from "../role.ts";

/** What a service file of the reference may say. strata's daemon has one log and one place for its socket. */
const options = {
  help: flag("Displays help on commandline options", "h"),
  version: flag("Show the version", "v"),
  logger: text("type", "Taken and not looked at: the log goes to standard error"),
  verbosity: text("level", "Taken and not looked at: everything that matters is logged", "V"),
};

/** The exit code of `multipassd ...argv`. Never throws. */
export async function runMultipassDaemon(argv: readonly string[], version: string, debug: boolean): Promise<number> {
  const { error, values, words } = readLine(argv, options);
  const [word] = words;
  if (error !== undefined || word !== undefined) {
    outputStream(2).write(`${error ?? `Unexpected argument '${word}'.`}\n`);
    return multipassExit.commandLine;
  }
  if (!values.has("help") && !values.has("version")) return runClient(["daemon", "run"], version, debug);
  outputStream(1).write(values.has("help") ? daemonPage(options) : `multipassd ${version}\n`);
  return multipassExit.ok;
}
