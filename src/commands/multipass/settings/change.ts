/** One change of a setting of strata's, followed to its end; nothing is drawn. */
import type { MultipassContext } from "../context.ts";
import { perform } from "../perform.ts";
import type { Assignment } from "./faults.ts";

/** `key` is strata's own. Throws what the daemon says. */
export async function changeSetting(
  context: MultipassContext,
  { key, value, makesBridges }: Assignment & { readonly makesBridges?: boolean },
): Promise<void> {
  await perform(context, {
    what: `set ${key}`,
    send: () =>
      context.api.call("settings.set", {
        command: context.newCommand(),
        key,
        value,
        ...(makesBridges && { makesBridges }),
      }),
  });
}
