/** `multipass shell`: a login shell in the guest; the primary instance is made when it is missing. */
import type { MultipassContext } from "../context.ts";
import { enter, findForEntry } from "../inside.ts";
import { primaryName } from "../instances.ts";
import { Stop, lineError, multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { timeoutOption } from "../waiting.ts";
import { namesArgument } from "../words.ts";
import { startAll } from "./start.ts";

export const shell = defineMultipassVerb({
  name: "shell",
  aliases: ["sh", "connect"],
  summary: "Open a shell in an instance",
  about:
    "Open a login shell in an instance. One that is off is started first, and a primary instance that is missing is launched.",
  syntax: "[<name>]",
  arguments: [{ ...namesArgument, about: "The instance. Without it: the primary instance (client.primary-name)." }],
  options: timeoutOption,
  async run(context, { words, options: { timeout } }) {
    if (words.length > 1) throw lineError("Too many arguments given");
    const primary = primaryName(context);
    const name = words[0] ?? primary;
    if (name === "") throw lineError("The primary instance is disabled, please provide an instance name.");
    const [found] = await findForEntry(context, "shell", [name], primary);
    if (!found?.isRunning) await start(context, name, timeout);
    return enter(context, "shell", { instance: name });
  },
});

/** However long it takes to make or start it, the time is that of the start. */
async function start(context: MultipassContext, name: string, timeout: number | undefined): Promise<void> {
  try {
    await startAll(context, "start", [name], timeout);
  } catch (error) {
    if (error instanceof Stop && error.exit === multipassExit.timeout)
      throw new Stop("Timed out waiting for instance to start.", multipassExit.timeout);
    throw error;
  }
}
