/** `multipass wait-ready`: until the daemon answers and knows of an image that it could launch. */
import { UserError, exitCodes } from "../../../errors.ts";
import type { MultipassContext } from "../context.ts";
import { createSpinner } from "../spinner.ts";
import { multipassExit } from "../stop.ts";
import { defineMultipassVerb } from "../verb.ts";
import { timeoutOption, within } from "../waiting.ts";
import { refuseWords } from "../words.ts";

const pauseMs = 500;
const lateText = "Timed out waiting for the Multipass daemon to be ready.";

export const waitReady = defineMultipassVerb({
  name: "wait-ready",
  aliases: [],
  summary: "Wait until the daemon is ready",
  about:
    "Wait until the daemon answers and has a list of images, so that what follows in a script does not come too early.",
  syntax: "",
  arguments: [],
  options: timeoutOption,
  async run(context, { words, options: { timeout } }) {
    refuseWords(words);
    const spinner = createSpinner(context);
    spinner.start("Waiting for the Multipass daemon to be ready");
    try {
      await within(context, { ms: timeout, text: lateText }, untilReady(context));
    } finally {
      spinner.stop();
    }
    return multipassExit.ok;
  },
});

/** However long that takes: whoever wants less says so. */
async function untilReady(context: MultipassContext): Promise<void> {
  while (!(await isReady(context))) await context.clock.sleep(pauseMs);
}

async function isReady({ api, outside }: MultipassContext): Promise<boolean> {
  try {
    const { offers } = await api.call("image.find", { force: false, outside: await outside() });
    return offers.length > 0;
  } catch (error) {
    if (error instanceof UserError && error.exit === exitCodes.unreachable) return false;
    throw error;
  }
}
