/** `strata console`: what the guest writes to its serial console. */
import { exitCodes } from "../errors.ts";
import { createConsoleFilter } from "../render/console.ts";
import { defineVerb, flag, instanceArgument } from "./command.ts";

export const console = defineVerb({
  name: "console",
  aliases: [],
  group: "inside",
  summary: "Print what an instance wrote to its console",
  about: [
    "Boot messages and kernel trouble, also of a guest that does not answer. On a terminal only text and colours get through; into a file or pipe it is byte for byte.",
  ],
  arguments: [instanceArgument],
  options: { follow: flag("wait for more", "f") },
  examples: [{ line: "strata console web --follow", about: "until Ctrl-C" }],
  async run({ api, stdout, onInterrupt }, { words: [instance = ""], options: { follow } }) {
    const stop = new AbortController();
    const unwatch = follow ? onInterrupt(() => stop.abort()) : () => {};
    const filter = createConsoleFilter();
    try {
      for await (const { base64 } of api.stream("instance.console", { instance, follow }, stop.signal)) {
        const bytes = Buffer.from(base64, "base64");
        stdout.write(stdout.isTerminal ? filter(bytes) : bytes);
        if (stdout.isClosed) break;
      }
    } finally {
      unwatch();
    }
    return exitCodes.ok;
  },
});
