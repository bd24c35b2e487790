/** The client role under the name of multipass. */
import type { MultipassContext } from "../../commands/multipass/context.ts";
import { runMultipass } from "../../commands/multipass/run.ts";
import { errorLines } from "../../render/error.ts";
import { systemClock } from "../../sys/clock.ts";
import { completionCall } from "../completion-call.ts";
import { outputStream } from "../../sys/output.ts";
import type { OutputStream } from "../../sys/output.ts";

/** The exit code of `multipass ...argv`. Never throws. `debug`: stacks of unexpected errors are shown. */
export async function runMultipassClient(argv: readonly string[], version: string, debug: boolean): Promise<number> {
  const [stdout, stderr] = [outputStream(1), outputStream(2)];
  try {
    const asked = completionCall(argv);
    if (asked) return await complete(asked, version);
    return await runMultipass(argv, { stdout, stderr }, () => open(version, stderr));
  } catch (error) {
    stderr.write(`${errorLines(error, debug).join("\n")}\n`);
    return 2;
  }
}

async function complete(words: readonly string[], version: string): Promise<number> {
  const [{ runComplete }, { surfaceOf, lookUpOf }, { verbs }, { readAliases }] = await Promise.all([
    import("../complete.ts"),
    import("../../commands/multipass/surface.ts"),
    import("../../commands/multipass/verbs.ts"),
    import("./aliases.ts"),
  ]);
  return runComplete(words, {
    version,
    surface: surfaceOf(verbs),
    lookUp: (live, { api, config }) => lookUpOf(live, { api, read: () => readAliases(config.aliasFile) }),
  });
}

async function open(version: string, stderr: OutputStream): Promise<MultipassContext> {
  const [{ readConfig }, { createContext }, { aliasBook }, { ask, askHidden }, terminal, { every }, self, time] =
    await Promise.all([
      import("../../config.ts"),
      import("../context.ts"),
      import("./aliases.ts"),
      import("../../sys/ask.ts"),
      import("../../sys/terminal.ts"),
      import("../../sys/interrupts.ts"),
      import("../../sys/self.ts"),
      import("../../sys/local-time.ts"),
    ]);
  const config = readConfig();
  const context = createContext({ config, version, host: undefined, stderr, isFirstStartSilent: true });
  const isLive = terminal.isTerminal(0) && terminal.isTerminal(1);
  return {
    ...context,
    isLive,
    ask,
    askHidden,
    every,
    fullTime: time.fullTime,
    home: config.user.home,
    logTime: () => time.logTime(systemClock.now()),
    async cloudConfig(source) {
      const { readPlainCloudInit } = await import("../cloud-init.ts");
      return readPlainCloudInit(source);
    },
    aliases: aliasBook({
      file: config.aliasFile,
      directory: config.aliasDirectory,
      searchPath: config.searchPath,
      program: self.calledAs(config.searchPath),
    }),
  };
}
