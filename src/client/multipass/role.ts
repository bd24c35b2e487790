/** The client role under the name of multipass. */
import type { MultipassContext } from "../../commands/multipass/context.ts";
import { runMultipass } from "../../commands/multipass/run.ts";
import { errorLines } from "../../render/error.ts";
import { outputStream } from "../../sys/output.ts";
import type { OutputStream } from "../../sys/output.ts";

/** The exit code of `multipass ...argv`. Never throws. `debug`: stacks of unexpected errors are shown. */
export async function runMultipassClient(argv: readonly string[], version: string, debug: boolean): Promise<number> {
  const [stdout, stderr] = [outputStream(1), outputStream(2)];
  try {
    return await runMultipass(argv, { stdout, stderr }, () => open(version, stderr));
  } catch (error) {
    stderr.write(`${errorLines(error, debug).join("\n")}\n`);
    return 2;
  }
}

async function open(version: string, stderr: OutputStream): Promise<MultipassContext> {
  const [{ readConfig }, { createContext }, { aliasBook }, { ask, askHidden }, terminal, { every }, self] =
    await Promise.all([
      import("../../config.ts"),
      import("../context.ts"),
      import("./aliases.ts"),
      import("../../sys/ask.ts"),
      import("../../sys/terminal.ts"),
      import("../../sys/interrupts.ts"),
      import("../../sys/self.ts"),
    ]);
  const config = readConfig();
  const context = createContext({ config, version, host: undefined, stderr });
  const isLive = terminal.isTerminal(0) && terminal.isTerminal(1);
  return {
    ...context,
    isLive,
    ask,
    askHidden,
    every,
    directory: self.workingDirectory(),
    aliases: aliasBook({ file: config.aliasFile, directory: config.aliasDirectory, searchPath: config.searchPath }),
  };
}
