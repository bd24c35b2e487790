/** `strata version`: of this program, and of the daemon when one runs. */
import { exitCodes } from "../errors.ts";
import { licensesView } from "../render/licenses.ts";
import { versionView } from "../render/version.ts";
import { defineVerb, flag } from "./command.ts";

export const version = defineVerb({
  name: "version",
  aliases: [],
  group: "strata itself",
  summary: "Show versions",
  arguments: [],
  options: { licenses: flag("the licences of everything that this program carries") },
  examples: [{ line: "strata version --licenses | less", about: "QEMU and the other parts, with their sources" }],
  async run(context, { options }) {
    if (options.licenses) {
      await context.show(licensesView(await context.licenses()), options);
      return exitCodes.ok;
    }
    // A daemon that cannot be asked is no reason not to say what this program is.
    const hello = await context.api.probe().catch(() => undefined);
    await context.show(versionView(context.version, hello), options);
    return exitCodes.ok;
  },
});
